#include <apps/mote/gateway_client.hpp>

#include <apps/mote/input.hpp>
#include <apps/mote/state_directory.hpp>
#include <apps/mote/text.hpp>

#include <mote/gateway/credentials.hpp>
#include <mote/http/status.hpp>

#include <boost/json/parse.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstdlib>

namespace mote::command {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::string_view usual_url = "http://127.0.0.1:8080";
constexpr std::chrono::milliseconds usual_timeout = std::chrono::seconds(60);
constexpr std::size_t largest_answer = 64UL * 1024 * 1024;

/// Host and port.
std::string_view authority_of(std::string_view url) {
    url.remove_prefix(std::min(url.find("://") + 3, url.size()));
    return url.substr(0, url.find_first_of("/?#"));
}

bool is_this_machine(std::string_view url) {
    const auto authority = authority_of(url);
    const auto host = authority.starts_with('[') ? authority.substr(0, authority.find(']') + 1)
                                                 : authority.substr(0, authority.find(':'));
    return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

http::client_options client_options_of(const gateway_choice& chosen, std::string_view url) {
    http::client_options options;
    options.timeout = chosen.timeout ? std::chrono::ceil<std::chrono::milliseconds>(*chosen.timeout) : usual_timeout;
    options.max_body = largest_answer;
    options.retries = 0;  // a person reads at once what is the matter
    if (is_this_machine(url)) options.proxy = "";
    return options;
}

const char* gateway_variable() noexcept {
    const char* const value = std::getenv("OPENFAAS_URL");
    return value != nullptr && *value != '\0' ? value : nullptr;
}

/// The first line of what the gateway says of an error.
std::string words_of(const http::response& answer) {
    const std::string line = answer.body.substr(0, answer.body.find('\n'));
    return line.empty() ? "status " + std::to_string(answer.status) : line;
}

/// What mends it, where its words say that.
std::string hint_of(const http::response& answer) {
    constexpr std::string_view no_namespace = "namespace: there is no ";
    const std::string words = words_of(answer);
    if (!words.starts_with(no_namespace)) return {};
    return "; `mote namespace create " + words.substr(no_namespace.size()) + "` makes it";
}

}  // namespace

void gateway_of_file(gateway_choice& chosen, const std::string& url, const std::string& file) {
    const bool is_usual = url == usual_url || url == std::string(usual_url) + '/';
    if (!chosen.url.empty() || url.empty() || (is_usual && gateway_variable() != nullptr)) return;
    chosen.url = url;
    chosen.origin = file;
}

std::string gateway_url_of(const gateway_choice& chosen) {
    const char* const variable = gateway_variable();
    const bool from_variable = chosen.url.empty() && variable != nullptr;
    std::string url = !chosen.url.empty() ? chosen.url : from_variable ? variable : std::string(usual_url);
    const std::string from = from_variable ? "OPENFAAS_URL" : chosen.origin;
    const bool known = url.starts_with("http://") || url.starts_with("https://");
    if (!known || authority_of(url).empty())
        throw failure(exit_code::usage, from + ": not an http:// or https:// address: " + url);
    if (authority_of(url).find('@') != std::string_view::npos)
        throw failure(exit_code::usage, from +
                                            ": has a login in it, which others can see; name the directory of its "
                                            "files with --credentials");
    while (url.ends_with('/')) url.pop_back();
    return url;
}

fs::path credentials_of(const gateway_choice& chosen, std::string_view url) {
    if (!chosen.credentials.empty()) return chosen.credentials;
    if (!is_this_machine(url)) return {};  // ours is nothing for others
    try {
        fs::path usual = default_state_directory() / "credentials";
        std::error_code ignored;
        return fs::is_regular_file(usual / "basic-auth-password", ignored) ? usual : fs::path();
    } catch (const failure&) {
        return {};
    }
}

std::string authorization_of(const fs::path& credentials) {
    if (credentials.empty()) return {};
    try {
        const auto read = gateway::read_credentials(credentials);
        return "Basic " + base64(read.user + ':' + read.password);
    } catch (const boost::system::system_error& error) {
        throw failure(exit_code::not_allowed, std::string("the login cannot be read: ") + plain_reason(error.what()) +
                                                  "; name the directory of its files with --credentials");
    }
}

gateway_client::gateway_client(const asio::any_io_executor& executor, const gateway_choice& chosen)
    : url_(gateway_url_of(chosen)),
      credentials_(credentials_of(chosen, url_)),
      authorization_(authorization_of(credentials_)),
      origin_(!chosen.url.empty()             ? chosen.origin
              : gateway_variable() != nullptr ? "OPENFAAS_URL"
                                              : ""),
      client_(std::make_unique<http::client>(executor, client_options_of(chosen, url_))) {}

http::request gateway_client::request(std::string method, std::string_view target) const {
    http::request made(std::move(method), url_ + std::string(target));
    if (!authorization_.empty()) made.headers.emplace_back("Authorization", authorization_);
    return made;
}

asio::awaitable<http::response> gateway_client::send(http::request what, std::string when_broken) {
    http::response answer;
    const bool with_login = std::ranges::any_of(
        what.headers, [](const auto& each) { return http::same_name(each.first, "Authorization"); });
    try {
        answer = co_await client_->send(std::move(what));
    } catch (const boost::system::system_error& error) {
        throw no_answer(error, when_broken);
    }
    const bool by_login = answer.header("WWW-Authenticate").has_value();
    if (answer.status == http::status::unauthorized && by_login) throw not_allowed(answer, with_login);
    co_return answer;
}

asio::awaitable<http::response> gateway_client::ask(http::request what, std::string about, std::string lister) {
    http::response answer = co_await send(std::move(what));
    if (answer.status < 200 || answer.status >= 300) throw refusal(about, answer, lister);
    co_return answer;
}

failure gateway_client::refusal(const std::string& about, const http::response& answer, const std::string& lister) {
    const std::string line = about + ": " + words_of(answer);
    switch (answer.status) {
        case http::status::unauthorized:
        case http::status::forbidden:
        case http::status::too_many_requests: return {exit_code::not_allowed, line};
        case http::status::not_found: return {exit_code::not_found, line + "; `" + lister + "` shows what there is"};
        case http::status::request_timeout:
        case http::status::gateway_timeout: return {exit_code::timeout, line};
        default:
            return {exit_code::service_error, about + ": the gateway answered " + std::to_string(answer.status) + ": " +
                                                  words_of(answer) + hint_of(answer)};
    }
}

failure gateway_client::no_answer(const boost::system::system_error& error, const std::string& when_broken) const {
    std::string reason = plain_reason(error.what());
    constexpr std::string_view said_anyway = ": cannot connect";
    if (reason.ends_with(said_anyway)) reason.resize(reason.size() - said_anyway.size());
    if (error.code() == http::errc::timeout)
        return {exit_code::timeout, url_ + ": no answer in time: " + reason + "; wait longer with --timeout"};
    if (error.code() == http::errc::connection_lost)
        return {exit_code::error, url_ + ": the answer broke off: " + reason + "; " + when_broken};
    const bool nobody = error.code() == http::errc::connect_failed || error.code() == http::errc::resolve_failed ||
                        error.code() == http::errc::tls_failed || error.code() == http::errc::proxy_failed;
    const std::string where_from =
        origin_.empty() ? "; that is the usual address, none was named" : "; that address is from " + origin_;
    // What goes before the variable is not mended by it.
    const bool is_heard = origin_.empty() || origin_ == "OPENFAAS_URL";
    if (nobody)
        return {exit_code::cannot_connect, "cannot connect to " + url_ + ": " + reason + where_from +
                                               "; start a gateway with `mote up`, or name one with --gateway URL" +
                                               (is_heard ? " or OPENFAAS_URL" : "")};
    return {error.code() == http::errc::bad_request || error.code() == http::errc::bad_url ? exit_code::usage
                                                                                           : exit_code::error,
            reason};
}

failure gateway_client::not_allowed(const http::response& answer, bool with_login) const {
    if (!with_login && !credentials_.empty())
        return {exit_code::not_allowed, url_ + ": " + words_of(answer) + ": no login was sent; --auth sends it"};
    const std::string whose =
        credentials_.empty() ? "no login was sent" : "the login of " + credentials_.string() + " was refused";
    return {exit_code::not_allowed, url_ + ": " + words_of(answer) + ": " + whose +
                                        "; name the directory of the gateway's files with --credentials"};
}

boost::json::value json_of(const http::response& answer) {
    boost::system::error_code failed;
    auto value = boost::json::parse(answer.body, failed);
    if (failed) throw failure(exit_code::error, "the gateway's answer is no JSON; is it the gateway of functions?");
    return value;
}

std::string text_of(const boost::json::value& object, std::string_view key) {
    const auto* const members = object.if_object();
    const auto* const found = members == nullptr ? nullptr : members->if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::uint64_t number_of(const boost::json::value& object, std::string_view key) {
    const auto* const members = object.if_object();
    const auto* const found = members == nullptr ? nullptr : members->if_contains(key);
    if (found == nullptr || !found->is_number()) return 0;
    if (found->is_double()) return found->get_double() > 0 ? static_cast<std::uint64_t>(found->get_double()) : 0;
    return found->is_uint64() ? found->get_uint64()
                              : static_cast<std::uint64_t>(std::max<std::int64_t>(found->get_int64(), 0));
}

std::string shown_name(const function_command& chosen) {
    const bool usual = chosen.space.empty() || chosen.name.find('.') != std::string::npos;
    return usual ? chosen.name : chosen.name + '.' + chosen.space;
}

std::string space_query(const std::string& space) {
    return space.empty() ? std::string() : "?namespace=" + path_segment(space);
}

}  // namespace mote::command
