#pragma once

#include <mote/functions/name.hpp>
#include <mote/nats/nkeys.hpp>

#include <filesystem>
#include <string>

namespace mote::node::detail {

/// What a process logs in to NATS with.
struct function_login {
    std::string credentials{};   ///< the text of a credentials file; a secret
    std::string inbox_prefix{};  ///< it may subscribe to no other inboxes
};

/// Makes logins for processes that speak NATS themselves, each good for one function: to serve its subject and discovery under
/// its name, and to reply. Nothing else may be subscribed to, and nothing published but to inboxes.
class login_issuer {
public:
    /// `seed`: a file with the seed of an account's NKey, or of a signing key of it; then `account` is the account's public
    /// key, else it may be empty. Throws `functions::errc::bad_setting` that names the file and shows nothing of it.
    login_issuer(const std::filesystem::path& seed, std::string account);

    /// For one process. It does not expire: the process keeps it for as long as it lives.
    function_login make(const functions::function_name& name) const;

private:
    nats::nkey_pair key_;
    std::string account_;
};

}  // namespace mote::node::detail
