#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mote::gateway {

/// A secret that speaks for `name` in `Authorization: Bearer`.
struct bearer_token {
    std::string name{};   ///< `token` where the file does not say it
    std::string token{};  ///< RFC 6750's characters

    friend bool operator==(const bearer_token&, const bearer_token&) = default;
};

/// Who may ask the gateway.
struct credentials {
    std::string user{};
    std::string password{};
    std::vector<bearer_token> tokens{};

    friend bool operator==(const credentials&, const credentials&) = default;
};

/// Reads them from a directory, as OpenFaaS has it:
///
/// | file | what is in it |
/// | --- | --- |
/// | `basic-auth-user` | UTF-8 without `:` and control characters, at most 1 KiB; white space at its end does not count |
/// | `basic-auth-password` | the same, but it may have `:` |
/// | `bearer-tokens` | optional; one a line, `name:token` or only a token; empty lines and those that begin with `#` are skipped; at most 64 KiB and 1000 tokens |
///
/// Throws `errc::no_credentials`, `bad_credentials` or `cannot_read` with the file, and the line where it has some: never
/// with what is in it. Blocks on the disk.
credentials read_credentials(const std::filesystem::path& directory);

/// Makes of the first two files those that are missing: the user `admin`, and a password of 192 random bits that can be part
/// of a URL. A directory that is missing is made for the owner only, as the files are. Of several processes that do it at
/// once one wins, nothing is ever overwritten, and no file is there half-written. Returns whether it made the password.
/// Throws `errc::cannot_write` with the path. Blocks on the disk.
bool make_credentials(const std::filesystem::path& directory);

}  // namespace mote::gateway
