#include <apps/mote/local_login.hpp>

#include <apps/mote/exit_code.hpp>
#include <apps/mote/replace_file.hpp>

#include <mote/nats/jwt.hpp>
#include <mote/nats/nkeys.hpp>
#include <mote/nats/plain_reason.hpp>

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <fstream>
#include <openssl/crypto.h>
#include <sys/stat.h>

namespace mote::command {
namespace {

namespace fs = std::filesystem;
using nats::nkey_kind;
using nats::nkey_pair;

constexpr const char* folder = "nats-login";
constexpr std::string_view operator_claims = R"({"type":"operator"})";
/// Of an account without bounds; `streams`: those of JetStream, which the system's account must not have.
std::string account_claims(const std::string& streams) {
    return R"({"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":-1,"leaf":-1)" +
           streams + R"(},"default_permissions":{"pub":{},"sub":{}},"type":"account"})";
}
constexpr const char* unbounded_streams = R"(,"mem_storage":-1,"disk_storage":-1,"streams":-1,"consumer":-1)";
constexpr std::string_view user_claims = R"({"pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1,"type":"user"})";

/// A text that is wiped.
struct secret {
    std::string text;
    ~secret() { OPENSSL_cleanse(text.data(), text.size()); }
};

nkey_pair read_account(const fs::path& file) {
    secret line{};
    line.text.reserve(64);  // of which nothing is left behind
    std::ifstream in(file);
    if (!std::getline(in, line.text)) throw failure(exit_code::error, file.string() + ": cannot be read, or is empty");
    std::string wrong = "not the seed of an account";
    try {
        auto key = nkey_pair::from_seed(line.text);
        if (key.kind() == nkey_kind::account) return key;
    } catch (const boost::system::system_error& failed) {
        wrong = nats::plain_reason(failed.what());
    }
    throw failure(exit_code::error, file.string() + ": " + wrong);
}

void make_folder(const fs::path& path) {
    if (::mkdir(path.c_str(), S_IRWXU) == 0 || errno == EEXIST) return;
    throw failure(exit_code::error, path.string() + ": cannot be made: " + std::generic_category().message(errno));
}

/// What a server without a login keeps is the global account's, and stays there.
bool has_streams_of_nobody(const fs::path& directory) {
    const auto streams = directory / "jetstream" / "$G" / "streams";
    std::error_code absent;
    std::error_code unreadable;
    return fs::exists(streams, absent) && !fs::is_empty(streams, unreadable);
}

/// Of a `replace_file` that was killed. They may hold seeds, and nobody else writes here: the server's directory is locked.
void remove_unfinished(const fs::path& folder) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (entry.path().filename().string().find(".tmp-") != std::string::npos) fs::remove(entry.path(), ignored);
}

void write_account(const fs::path& file) {
    const secret seed{nkey_pair::generate(nkey_kind::account).seed()};
    secret line{};
    line.text.reserve(seed.text.size() + 1);  // so that nothing is left where it was
    line.text.append(seed.text).append(1, '\n');
    replace_file(file, line.text);
}

void write_user(const fs::path& file, const nkey_pair& account) {
    const auto user = nkey_pair::generate(nkey_kind::user);
    const auto jwt = nats::sign_jwt(account, user.public_key(), "mote", user_claims);
    const secret text{nats::credentials_text(jwt, user)};
    replace_file(file, text.text);
}

}  // namespace

bool local_login::exists_in(const fs::path& directory) {
    std::error_code absent;
    return fs::exists(directory / folder, absent);
}

local_login::local_login(const fs::path& directory) : directory_(directory / folder) {
    if (!exists_in(directory)) {
        if (has_streams_of_nobody(directory))
            throw failure(exit_code::usage, directory.string() +
                                                ": its streams are without a login, and would not be seen; name "
                                                "another directory with --dir for --nats-login");
        make_folder(directory_);
    }
    remove_unfinished(directory_);
    const bool is_new = !fs::exists(account_seed());
    if (is_new && fs::exists(credentials()))
        throw failure(exit_code::error, account_seed().string() + ": is missing; put it back, or remove " +
                                            directory_.string() +
                                            " to start without a login, or with another one by --nats-login: neither "
                                            "sees the streams that are there");
    if (is_new) write_account(account_seed());
    const auto account = read_account(account_seed());
    account_ = account.public_key();
    if (is_new || !fs::exists(credentials())) write_user(credentials(), account);
}

/// The operator is of this start alone: it says which account there is, and nobody else knows it. JetStream wants the system's
/// account to have a name.
std::string local_login::server_settings() const {
    const auto maker = nkey_pair::generate(nkey_kind::nats_operator);
    const auto system = nkey_pair::generate(nkey_kind::account).public_key();
    const auto line = [&](const std::string& key, const std::string& name, const std::string& streams) {
        return "  " + key + ": " + nats::sign_jwt(maker, key, name, account_claims(streams)) + "\n";
    };
    return "operator: " + nats::sign_jwt(maker, maker.public_key(), "mote", operator_claims) +
           "\nresolver: MEMORY\nresolver_preload: {\n" + line(account_, "mote", unbounded_streams) +
           line(system, "system", "") + "}\nsystem_account: " + system + "\n";
}

fs::path local_login::account_seed() const { return directory_ / "account.seed"; }

fs::path local_login::credentials() const { return directory_ / "nats.creds"; }

}  // namespace mote::command
