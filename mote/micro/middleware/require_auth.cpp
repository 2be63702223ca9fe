#include <mote/micro/middleware/require_auth.hpp>

#include <mote/micro/detail/status.hpp>
#include <mote/micro/service_error.hpp>

#include <algorithm>
#include <boost/json.hpp>
#include <stdexcept>
#include <utility>

namespace mote::micro {
namespace {

constexpr std::string_view authorization = "Authorization";
constexpr std::string_view bearer = "Bearer ";
constexpr std::string_view requester_header = "Nats-Request-Info";
constexpr std::string_view import_reply = "_R_.";

bool same_but_for_case(char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(a) == lower(b);
}

/// How often the name stands anywhere in the header block. A block may be made such that reader and server do not agree
/// what a line is, so lines are not looked at.
int times_named(std::string_view block, std::string_view name) {
    int times = 0;
    for (auto from = block.begin();; ++times) {
        from = std::search(from, block.end(), name.begin(), name.end(), same_but_for_case);
        if (from == block.end()) return times;
        from += static_cast<std::ptrdiff_t>(name.size());
    }
}

std::string text_in(const boost::json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(boost::json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool is_one_of(std::string_view given, const std::vector<std::string>& tokens) noexcept {
    // All are looked at: how long it takes must not tell which one it was.
    bool found = false;
    for (const auto& token : tokens) found |= same_secret(given, token);
    return found;
}

}  // namespace

bool same_secret(std::string_view given, std::string_view expected) noexcept {
    if (expected.empty()) return given.empty();
    volatile unsigned char different = given.size() != expected.size() ? 1 : 0;
    for (std::size_t at = 0; at < given.size(); ++at)
        different = static_cast<unsigned char>(different | (given[at] ^ expected[at % expected.size()]));
    return different == 0;
}

middleware require_header(std::string name, std::function<bool(std::string_view)> accepts) {
    if (!accepts) throw std::invalid_argument("require_header needs a function");
    return before([name = std::move(name), accepts = std::move(accepts)](request& req) {
        const auto values = req.headers().get_all(name);
        if (values.size() != 1 || !accepts(values.front()))
            throw service_error(detail::status::unauthorized, "unauthorized");
    });
}

middleware require_token(std::vector<std::string> tokens, std::string header) {
    if (tokens.empty() || std::any_of(tokens.begin(), tokens.end(), [](const auto& token) { return token.empty(); }))
        throw std::invalid_argument("require_token needs tokens that are not empty");
    const bool with_scheme = header == authorization;
    return require_header(std::move(header), [tokens = std::move(tokens), with_scheme](std::string_view value) {
        if (!with_scheme) return is_one_of(value, tokens);
        if (value.size() < bearer.size() || !std::equal(bearer.begin(), bearer.end(), value.begin(), same_but_for_case))
            return false;
        return is_one_of(value.substr(bearer.size()), tokens);
    });
}

std::optional<requester> requester_of(const request& req) {
    if (!req.reply().starts_with(import_reply)) return std::nullopt;
    if (times_named(req.headers().raw(), requester_header) != 1) return std::nullopt;
    const auto text = req.headers().get(requester_header);
    if (!text) return std::nullopt;
    boost::json::error_code failed;
    const auto told = boost::json::parse(boost::json::string_view(text->data(), text->size()), failed);
    if (failed || !told.is_object()) return std::nullopt;
    requester who;
    who.account = text_in(told.get_object(), "acc");
    who.user = text_in(told.get_object(), "user");
    who.client_name = text_in(told.get_object(), "name");
    if (who.account.empty()) return std::nullopt;
    return who;
}

middleware require_requester(std::function<bool(const requester&)> accepts) {
    if (!accepts) throw std::invalid_argument("require_requester needs a function");
    return before([accepts = std::move(accepts)](request& req) {
        const auto who = requester_of(req);
        if (!who || !accepts(*who)) throw service_error(detail::status::forbidden, "forbidden");
    });
}

middleware require_account(std::vector<std::string> accounts) {
    if (accounts.empty()) throw std::invalid_argument("require_account needs an account");
    return require_requester([accounts = std::move(accounts)](const requester& who) {
        return std::find(accounts.begin(), accounts.end(), who.account) != accounts.end();
    });
}

}  // namespace mote::micro
