#include <mote/node/detail/login_issuer.hpp>

#include <mote/functions/call_headers.hpp>
#include <mote/functions/error.hpp>
#include <mote/nats/error.hpp>
#include <mote/nats/jwt.hpp>
#include <mote/nats/plain_reason.hpp>

#include <boost/json.hpp>
#include <boost/system/system_error.hpp>
#include <fstream>
#include <openssl/crypto.h>
#include <utility>

namespace mote::node::detail {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse(const std::string& what) { functions::throw_error(functions::errc::bad_setting, what); }

/// The first line that is neither empty nor a comment.
nats::nkey_pair read_key(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string line;
    while (std::getline(in, line)) {
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        if (!line.empty() && line.front() != '#') break;
    }
    if (line.empty()) refuse(file.string() + ": cannot be read, or has no seed");
    std::string wrong;
    try {
        auto key = nats::nkey_pair::from_seed(line);
        OPENSSL_cleanse(line.data(), line.size());
        if (key.kind() == nats::nkey_kind::account) return key;
        wrong = "not the seed of an account";
    } catch (const boost::system::system_error& failed) {
        OPENSSL_cleanse(line.data(), line.size());
        wrong = nats::plain_reason(failed.what());
    }
    refuse(file.string() + ": " + wrong);
}

json::array subjects_of(const functions::function_name& name, const std::string& inbox_prefix) {
    json::array all;
    all.emplace_back(name.subject());
    for (const std::string verb : {"PING", "INFO", "STATS"})
        for (const auto& end : {std::string(), "." + name.name, "." + name.name + ".*"})
            all.emplace_back("$SRV." + verb + end);
    all.emplace_back(inbox_prefix + ".>");
    all.emplace_back(std::string(functions::call_headers::cancel_prefix) + "*");
    return all;
}

/// What the user may do, as the claims of its JWT say it.
std::string claims_of(const std::string& issuer, const std::string& account, const functions::function_name& name,
                      const std::string& inbox_prefix) {
    json::object may;
    may["pub"] = json::object{{"allow", json::array{"_INBOX.>"}}};
    may["sub"] = json::object{{"allow", subjects_of(name, inbox_prefix)}};
    for (const char* const unbounded : {"subs", "data", "payload"}) may[unbounded] = -1;
    if (account != issuer) may["issuer_account"] = account;
    may["type"] = "user";
    return json::serialize(may);
}

}  // namespace

login_issuer::login_issuer(const std::filesystem::path& seed, std::string account)
    : key_(read_key(seed)), account_(std::move(account)) {
    if (account_.empty()) account_ = key_.public_key();
    if (nats::kind_of_public_nkey(account_) != nats::nkey_kind::account)
        refuse("not the public key of an account: " + account_);
}

function_login login_issuer::make(const functions::function_name& name) const {
    const auto user = nats::nkey_pair::generate(nats::nkey_kind::user);
    function_login login;
    login.inbox_prefix = "_INBOX." + user.public_key();
    const auto claims = claims_of(key_.public_key(), account_, name, login.inbox_prefix);
    login.credentials = nats::credentials_text(nats::sign_jwt(key_, user.public_key(), name.subject(), claims), user);
    return login;
}

}  // namespace mote::node::detail
