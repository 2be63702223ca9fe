#pragma once

#include <tests/mote/command.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace mote::test {

/// The folder of a user's contexts.
class contexts {
public:
    explicit contexts(const command_environment& environment) : root_(environment.home() / "config" / "nats") {
        std::filesystem::create_directories(root_ / "context");
    }
    void write(const std::string& name, const std::string& json) const {
        put(root_ / "context" / (name + ".json"), json);
    }
    void put(const std::filesystem::path& path, const std::string& text) const {
        std::ofstream(path, std::ios::binary) << text;
    }
    /// Empty for a file that is not there.
    std::string read(const std::string& below_root) const {
        std::ifstream file(root_ / below_root, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::string file(const std::string& name) const { return (root_ / "context" / (name + ".json")).string(); }
    const std::filesystem::path& root() const noexcept { return root_; }

private:
    std::filesystem::path root_;
};

}  // namespace mote::test
