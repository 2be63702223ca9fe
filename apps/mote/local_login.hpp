#pragma once

#include <filesystem>
#include <string>

namespace mote::command {

/// The login that a local server asks for: an account, and a user of it who may do everything. Both are kept in the directory
/// `nats-login` of the server's, for its owner alone.
class local_login {
public:
    static bool exists_in(const std::filesystem::path& directory);

    /// Reads what is there, and makes what is missing. Throws `failure`: also when the server has kept streams without a login
    /// before, as nobody would see them any more, and when only the account's seed is missing, as another account would not see
    /// its streams.
    explicit local_login(const std::filesystem::path& directory);

    /// Lines of the server's configuration.
    std::string server_settings() const;
    /// A file with the seed of the account's NKey.
    std::filesystem::path account_seed() const;
    /// The user's credentials file.
    std::filesystem::path credentials() const;

private:
    std::filesystem::path directory_;
    std::string account_;  // its public key
};

}  // namespace mote::command
