#pragma once

#include <tests/gateway/small_disk.hpp>
#include <tests/jetstream/live_test.hpp>

#include <mote/functions/async_queue.hpp>
#include <mote/functions/log_store.hpp>
#include <mote/jetstream/error.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace mote::test {

/// How the server's store gets full, and empty again.
class full_store {
public:
    virtual ~full_store() = default;
    virtual nats_server_options options() const = 0;
    /// Before the platform comes.
    virtual asio::awaitable<void> prepare(jetstream::context js) = 0;
    virtual asio::awaitable<void> fill(jetstream::context js) = 0;
    virtual asio::awaitable<void> free(jetstream::context js, nats_server& server) = 0;
    /// A server that has met a full disk stores nothing more until its restart. That of Debian stands still as a whole.
    virtual bool serves_meanwhile(const jetstream::context& js) const = 0;
    /// Debian's server forgets what a key had when it refuses the change by a quota.
    virtual bool keeps_what_was_to_change(const jetstream::context& js) const = 0;
};

class full_disk : public full_store {
public:
    explicit full_disk(std::unique_ptr<small_disk> disk) : disk_(std::move(disk)) {}

    nats_server_options options() const override { return disk_->options(); }
    asio::awaitable<void> prepare(jetstream::context /*js*/) override { co_return; }
    asio::awaitable<void> fill(jetstream::context /*js*/) override {
        disk_->fill();
        co_return;
    }
    asio::awaitable<void> free(jetstream::context /*js*/, nats_server& server) override {
        disk_->free();
        server.kill();
        server.restart();
        co_return;
    }
    bool serves_meanwhile(const jetstream::context& js) const override { return server_at_least(js, 2, 10); }
    bool keeps_what_was_to_change(const jetstream::context& /*js*/) const override { return true; }

private:
    std::unique_ptr<small_disk> disk_;
};

/// The same by what the account may store.
class full_quota : public full_store {
public:
    nats_server_options options() const override {
        nats_server_options chosen;
        chosen.config =
            "accounts { A { jetstream { max_file: 16MB, max_mem: 16MB }, users [ { user: a, password: a } ] } }\n"
            "no_auth_user: a\n";
        return chosen;
    }
    /// The streams of the platform with bounds that the quota has room for; what is there stays as it is.
    asio::awaitable<void> prepare(jetstream::context js) override {
        functions::async_queue_options calls;
        calls.max_bytes = 2'000'000;
        co_await functions::async_queue::open(js, calls);
        functions::log_limits lines;
        lines.max_bytes = 1'000'000;
        co_await functions::log_store::open(js, lines);
        jetstream::stream_config filler;
        filler.name = "filler";
        filler.subjects.emplace_back("filler");
        co_await js.create_stream(filler);
    }
    asio::awaitable<void> fill(jetstream::context js) override {
        for (const std::size_t size : {std::size_t{500'000}, std::size_t{10'000}, std::size_t{100}}) {
            const std::string block(size, 'x');
            bool taken = true;
            while (taken) {
                try {
                    co_await js.publish("filler", block);
                } catch (const jetstream::server_error&) {
                    taken = false;
                }
            }
        }
    }
    asio::awaitable<void> free(jetstream::context js, nats_server& /*server*/) override {
        co_await js.purge_stream("filler");
    }
    bool serves_meanwhile(const jetstream::context& /*js*/) const override { return true; }
    bool keeps_what_was_to_change(const jetstream::context& js) const override { return server_at_least(js, 2, 10); }
};

/// A disk of this size where a file system can be mounted, else a quota.
inline std::unique_ptr<full_store> disk_or_quota(const std::string& size) {
    auto disk = small_disk::make(size);
    std::unique_ptr<full_store> store;
    if (disk != nullptr) {
        store = std::make_unique<full_disk>(std::move(disk));
    } else {
        std::cerr << "no file system can be mounted here: the quota of an account takes the place of a full disk\n";
        ::testing::Test::RecordProperty("disk", "none: a quota");
        store = std::make_unique<full_quota>();
    }
    return store;
}

}  // namespace mote::test
