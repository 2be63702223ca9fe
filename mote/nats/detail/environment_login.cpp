#include <mote/nats/detail/environment_login.hpp>

#include <mote/nats/authenticator.hpp>
#include <mote/nats/detail/secret_source.hpp>
#include <mote/nats/nkeys.hpp>

#include <memory>
#include <utility>

namespace mote::nats::detail {
namespace {

/// What one place says, or all of them together.
struct said_login {
    std::string user, password, token;
    std::string creds, nkey;          // sources: a bare one is a path
    std::string user_jwt, user_seed;  // a bare one is itself

    ~said_login() {
        for (auto* const secret : {&password, &token, &user_seed}) wipe(*secret);
    }
};

said_login of_command_line(const environment_overrides& said) {
    return {said.user, said.password, said.token, said.creds, said.nkey, said.user_jwt, said.user_seed};
}

said_login of_variables() {
    return {variable("NATS_USER"), variable("NATS_PASSWORD"), variable("NATS_TOKEN"), variable("NATS_CREDS"),
            variable("NATS_NKEY"), variable("NATS_JWT"),      variable("NATS_SEED")};
}

said_login of_context(const context_file& context) {
    return {context.get("user"),
            context.get("password"),
            context.get("token"),
            expand_path(context.get("creds")),
            expand_path(context.get("nkey")),
            context.get("user_jwt"),
            context.get("user_seed")};
}

/// Each from the first place that says it.
said_login merged(const said_login& first, const said_login& second) {
    return {first_of(first.user, second.user),          first_of(first.password, second.password),
            first_of(first.token, second.token),        first_of(first.creds, second.creds),
            first_of(first.nkey, second.nkey),          first_of(first.user_jwt, second.user_jwt),
            first_of(first.user_seed, second.user_seed)};
}

std::string read_here(const std::string& text) {
    if (text.empty()) return {};
    const auto secret = read_literal_secret(text);
    const auto value = secret.view();
    return std::string(value.substr(0, value.find_last_not_of("\r\n") + 1));
}

/// A JWT and a seed that are told themselves, or where they are.
std::shared_ptr<authenticator> jwt_login(std::string jwt, const std::string& seed) {
    auto get_jwt = [where = std::move(jwt)] { return read_here(where); };
    if (seed.empty()) return user_jwt_authenticator(std::move(get_jwt), {});
    auto sign = [where = std::make_shared<const wiped_text>(std::string_view(seed))](std::string_view nonce) {
        const auto secret = read_literal_secret(where->view());
        const auto text = secret.view();
        const auto key = nkey_pair::from_seed(text.substr(0, text.find_last_not_of("\r\n") + 1));
        const auto made = key.sign(nonce);
        return std::string(reinterpret_cast<const char*>(made.data()), made.size());
    };
    return user_jwt_authenticator(std::move(get_jwt), std::move(sign));
}

/// A user with a password, or another login, and a token beside it, as the `nats` command sends it. Passwords and tokens that are
/// kept elsewhere are read again at every connect.
class told_login final : public authenticator {
public:
    told_login(std::shared_ptr<authenticator> other, std::string user, std::string password, std::string token)
        : other_(std::move(other)), user_(std::move(user)), password_(std::move(password)), token_(std::move(token)) {}

    credentials authenticate(const challenge& asked) override {
        credentials given;
        if (other_ != nullptr) given = other_->authenticate(asked);
        if (!user_.empty()) {
            given.user = user_;
            given.password = read_here(password_);
        }
        given.token = read_here(token_);
        return given;
    }

private:
    std::shared_ptr<authenticator> other_;
    std::string user_, password_, token_;
};

}  // namespace

/// As the `nats` command does it: what is said is merged first, and only then one kind of login is taken of the whole.
void log_in(options& opts, const login_places& places) {
    auto early = merged(of_command_line(places.overrides), of_variables());
    // A user that came with no password before the context is a token; the user of the context stays.
    if (!early.user.empty() && early.password.empty()) early.token = std::exchange(early.user, {});
    const auto said = merged(early, of_context(places.context));
    opts.token = read_here(said.token);
    if (!said.user.empty()) {
        opts.user = said.user;
        opts.password = read_here(said.password);
    } else if (!said.creds.empty()) {
        opts.auth = credentials_file_authenticator(said.creds);
    } else if (!said.nkey.empty()) {
        opts.auth = nkey_authenticator(said.nkey);
    } else if (!said.user_jwt.empty()) {
        opts.auth = jwt_login(said.user_jwt, said.user_seed);
    }
    const bool beside = opts.auth != nullptr && !said.token.empty();
    const bool elsewhere = is_kept_elsewhere(said.token) || (!said.user.empty() && is_kept_elsewhere(said.password));
    if (beside || elsewhere) opts.auth = std::make_shared<told_login>(opts.auth, opts.user, said.password, said.token);
}

}  // namespace mote::nats::detail
