#pragma once

#include <tests/support/nats_server.hpp>
#include <tests/support/process.hpp>
#include <tests/support/temp_dir.hpp>

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace mote::test {

/// A file system of its own for the streams of a nats-server, so small that a test can fill it to the last byte. It is mounted in
/// a namespace of a process, with which it goes; the server is started in there, and can be restarted.
class small_disk {
public:
    /// Nothing where this user may mount nothing, not even in a user namespace.
    static std::unique_ptr<small_disk> make(const std::string& size) {
        for (const bool as_user : {false, true}) {
            std::unique_ptr<small_disk> made(new small_disk(size, as_user));
            if (made->holder_->wait_for_output("mounted")) return made;
        }
        return nullptr;
    }

    /// Of a server that keeps its streams here.
    nats_server_options options() const {
        nats_server_options chosen;
        chosen.jetstream = false;  // said below
        chosen.config = "jetstream { store_dir: \"" + mount_point().string() +
                        "/store\", max_memory_store: 256MB, max_file_store: 4GB }\n";
        chosen.binary = directory_.path() / "server";
        return chosen;
    }

    /// Takes all the room that is left, as another program's file would.
    void fill() const {
        std::ofstream file(filler(), std::ios::binary);
        const std::string block(4096, 'x');
        while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    }
    void free() const {
        if (!std::filesystem::remove(filler())) throw std::runtime_error("it was not filled");
    }

private:
    small_disk(const std::string& size, bool as_user) {
        std::filesystem::create_directory(mount_point());
        const auto mount = "mount -t tmpfs -o size=" + size + " none '" + mount_point().string() +
                           "' && echo mounted && exec sleep infinity";
        std::vector<std::string> line{"unshare", "--mount"};
        if (as_user) line.insert(line.end(), {"--user", "--map-root-user"});
        line.insert(line.end(), {"/bin/sh", "-c", mount});
        holder_ = std::make_unique<process>(std::move(line));
        write_starter(as_user);
    }

    /// To enter a user namespace takes the signal away that ends the server with this process: it is set again.
    void write_starter(bool as_user) const {
        const auto path = directory_.path() / "server";
        std::ofstream(path) << "#!/bin/sh\nexec nsenter --target " << holder_->pid() << " --mount"
                            << (as_user ? " --user --preserve-credentials" : "") << " setpriv --pdeathsig KILL '"
                            << find_nats_server().value().string() << "' \"$@\"\n";
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    }

    std::filesystem::path mount_point() const { return directory_.path() / "disk"; }
    std::filesystem::path filler() const {
        const auto seen_by = std::filesystem::path("/proc") / std::to_string(holder_->pid()) / "root";
        return seen_by / mount_point().relative_path() / "filler";
    }

    temp_dir directory_;
    std::unique_ptr<process> holder_;
};

}  // namespace mote::test
