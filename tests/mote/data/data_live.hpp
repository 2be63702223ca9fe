#pragma once

#include <tests/mote/command.hpp>
#include <tests/mote/soon.hpp>
#include <tests/support/temp_dir.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mote::test {

/// A server with the bucket `settings`, which keeps five values of a key, and the object store `reports`.
class data_live : public command_live {
protected:
    void SetUp() override;

    /// `mote` beside the test.
    std::unique_ptr<process> start(std::vector<std::string> arguments) const;
    /// What a shell makes of a line in which `mote` is the program.
    run_result shell(const std::string& line) const;

    std::string path_of(const std::string& name) const { return (folder.path() / name).string(); }
    void write_file(const std::string& name, const std::string& bytes) const;
    static std::string bytes_of(const std::string& path);
    /// Names of all files in the folder of the test, sorted.
    std::vector<std::string> files() const;

    temp_dir folder;
};

/// Bytes without an order in them, the same each time.
std::string noise(std::size_t size);

}  // namespace mote::test
