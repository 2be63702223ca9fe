#include <mote/gateway/authorization.hpp>

#include <mote/gateway/detail/digest.hpp>
#include <mote/gateway/detail/failure_table.hpp>
#include <mote/gateway/detail/header_in.hpp>
#include <mote/http/status.hpp>
#include <mote/nats/base64.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <openssl/crypto.h>
#include <utility>

namespace mote::gateway {
namespace {

void forget(std::string& secret) noexcept { OPENSSL_cleanse(secret.data(), secret.size()); }

/// The scheme's name in any case, and what is behind it without the space around.
std::pair<std::string_view, std::string_view> split(std::string_view authorization) noexcept {
    const auto end = std::min(authorization.find(' '), authorization.size());
    auto rest = authorization.substr(end);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    while (rest.ends_with(' ')) rest.remove_suffix(1);
    return {authorization.substr(0, end), rest};
}

}  // namespace

std::string_view name_of(scheme how) noexcept {
    switch (how) {
        case scheme::basic: return "basic";
        case scheme::bearer: return "bearer";
        case scheme::none: break;
    }
    return {};
}

authorizer::authorizer(std::filesystem::path directory, authorization_options opts)
    : directory_(std::move(directory)),
      opts_(std::move(opts)),
      digests_(std::make_unique<detail::digests>()),
      failures_(std::make_unique<detail::failure_table>(opts_.max_failures, opts_.max_peers)) {
    read(clock::now());
}

authorizer::~authorizer() = default;

void authorizer::read(clock::time_point now) {
    read_at_ = now;
    auto files = read_credentials(directory_);
    auto made = std::make_unique<detail::digests>();
    std::vector<std::string> names;
    made->user = detail::digest_of(files.user);
    made->password = detail::digest_of(files.password);
    for (auto& each : files.tokens) {
        made->tokens.push_back(detail::digest_of(each.token));
        names.push_back(std::move(each.name));
        forget(each.token);
    }
    forget(files.password);
    digests_ = std::move(made);
    token_names_ = std::move(names);
}

void authorizer::reread(clock::time_point now) {
    if (now - read_at_ < opts_.recheck) return;
    try {
        read(now);
        told_ = false;
    } catch (const boost::system::system_error& failed) {
        if (!std::exchange(told_, true) && opts_.on_failure) opts_.on_failure(failed.what());
    }
}

verdict authorizer::authorize(std::string_view path, std::span<const http::header_view> headers, std::string_view peer,
                              clock::time_point now) {
    verdict made;
    const auto about = area_of(path);
    if (about == area::open || (about == area::functions && !opts_.functions)) {
        made.allowed = true;
        return made;
    }
    const auto authorization = detail::header_in(headers, "Authorization");
    const auto [name, value] = split(authorization.value_or(""));
    if (value.empty()) return made;  // none at all, or the empty one that faas-cli sends

    if (http::same_name(name, "Basic")) made.how = scheme::basic;
    if (http::same_name(name, "Bearer")) made.how = scheme::bearer;
    made.retry_after = failures_->wait_of(peer, now);
    if (made.retry_after.count() > 0) return made;
    reread(now);
    // Of two headers one may have been looked at by a proxy, and the other by us.
    const bool only_one = std::ranges::count_if(headers, [](const http::header_view& each) {
                              return http::same_name(each.name, "Authorization");
                          }) == 1;
    const auto who = !only_one                    ? std::nullopt
                     : made.how == scheme::basic  ? user_of(value)
                     : made.how == scheme::bearer ? token_owner(value)
                                                  : std::nullopt;
    if (who) {
        made.allowed = true;
        made.who = *who;
    } else {
        failures_->failed(peer, now);
    }
    return made;
}

std::optional<std::string> authorizer::user_of(std::string_view encoded) const {
    auto text = nats::decode_base64(encoded);
    if (!text) return std::nullopt;
    const std::string_view whole = *text;
    const auto colon = whole.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const bool user = detail::same(detail::digest_of(whole.substr(0, colon)), digests_->user);
    const bool password = detail::same(detail::digest_of(whole.substr(colon + 1)), digests_->password);
    std::optional<std::string> who;
    if (static_cast<int>(user) & static_cast<int>(password)) who = std::string(whole.substr(0, colon));
    forget(*text);
    return who;
}

std::optional<std::string> authorizer::token_owner(std::string_view token) const {
    const auto asked = detail::digest_of(token);
    std::size_t found = token_names_.size();
    for (std::size_t i = 0; i < digests_->tokens.size(); ++i)
        if (detail::same(asked, digests_->tokens[i])) found = i;
    if (found == token_names_.size()) return std::nullopt;
    return token_names_[found];
}

std::size_t authorizer::counted_peers() const noexcept { return failures_->size(); }

http::response refusal(const verdict& of) {
    http::response answer;
    const http::header_list::value_type type{"Content-Type", "text/plain; charset=utf-8"};
    if (of.retry_after.count() > 0) {
        answer.status = http::status::too_many_requests;
        answer.headers = {type, {"Retry-After", std::to_string(of.retry_after.count())}};
        answer.body = "too many invalid credentials";
    } else {
        answer.status = http::status::unauthorized;
        answer.headers = {type, {"WWW-Authenticate", "Basic realm=\"Restricted\""}};
        answer.body = "invalid credentials";
    }
    return answer;
}

}  // namespace mote::gateway
