#pragma once

// What the tests of the gateway's protection share.

#include <mote/gateway/error.hpp>
#include <tests/support/temp_dir.hpp>

#include <boost/system/system_error.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace mote::test {

inline void put(const std::filesystem::path& file, std::string_view content) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

inline std::string content_of(const std::filesystem::path& file) {
    std::ifstream from(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
}

/// What `work` threw: its code and its text.
struct thrown {
    boost::system::error_code code{};
    std::string text{};
};

template <class Work>
thrown thrown_by(Work work) {
    try {
        work();
    } catch (const boost::system::system_error& error) {
        return {error.code(), error.what()};
    }
    return {};
}

/// A directory with the credentials `admin` and `secret`.
struct credentials_dir {
    credentials_dir() {
        write("basic-auth-user", "admin\n");
        write("basic-auth-password", "secret\n");
    }
    void write(const std::string& name, std::string_view content) const { put(path() / name, content); }
    const std::filesystem::path& path() const { return directory.path(); }

    temp_dir directory;
};

}  // namespace mote::test
