#include <mote/nats/detail/server_pool.hpp>

#include <mote/nats/error.hpp>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <random>

namespace mote::nats::detail {
namespace {

bool is_scheme(std::string_view text) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
    return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

/// The address without what stands before the last `@`, which may be a secret; so may be what looks like a scheme, and a query.
std::string without_login(std::string_view text) {
    const auto at = text.rfind('@');
    text = text.substr(0, text.find_first_of("?#", at == std::string_view::npos ? 0 : at));
    if (at == std::string_view::npos) return std::string(text);
    const auto scheme = text.substr(0, text.find("://"));
    return (is_scheme(scheme) ? std::string(scheme) + "://" : std::string()) + "xxxxx@" +
           std::string(text.substr(at + 1));
}

/// True for a name that can be looked up and shown: behind escapes a URL may have anything in it.
bool is_host_name(std::string_view host) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_';
    });
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

/// True where a list may go on, behind a comma, with the end of a login.
bool ends_a_login(std::string_view rest_of_list) {
    const auto at = rest_of_list.find('@');
    return at != std::string_view::npos && rest_of_list.substr(0, at).find("://") == std::string_view::npos;
}

bool asks_for_tls(const tls_options& opts) {
    return opts.required || opts.handshake_first || !opts.ca.empty() || !opts.certificate.empty() ||
           !opts.key.empty() || !opts.server_name.empty();
}

std::uint16_t default_port(std::string_view scheme) {
    if (scheme == "ws") return 80;
    if (scheme == "wss") return 443;
    return scheme.starts_with("socks5") ? 1080 : 4222;
}

template <class Range>
void shuffle(Range first, Range last) {
    std::mt19937 random(std::random_device{}());
    std::shuffle(first, last, random);
}

}  // namespace

std::chrono::milliseconds random_up_to(std::chrono::milliseconds bound) {
    if (bound.count() <= 0) return {};
    thread_local std::mt19937_64 random(std::random_device{}());
    return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(0, bound.count())(random));
}

std::string server_address::name() const {
    const bool ipv6 = host.find(':') != std::string::npos;
    return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

server_address parse_address(std::string_view text, std::string_view default_scheme,
                             std::initializer_list<std::string_view> schemes) {
    text = trim(text);
    std::string full(text);
    if (text.find("://") == std::string_view::npos) full.insert(0, std::string(default_scheme) + "://");
    const auto parsed = boost::urls::parse_uri(full);
    if (!parsed) throw_error(errc::bad_url, without_login(text));
    const auto& url = *parsed;
    server_address address;
    address.scheme = std::string(url.scheme());
    const bool websocket = address.is_websocket();
    if (std::find(schemes.begin(), schemes.end(), address.scheme) == schemes.end())
        throw_error(errc::bad_url, without_login(text));
    // A password with an unescaped / ? or # ends the address early: its rest must not be taken for a host, nor for a path.
    const std::string_view path(url.encoded_path().data(), url.encoded_path().size());
    const bool has_path = !path.empty() && path != "/";
    if ((has_path && (!websocket || path.find('@') != std::string_view::npos)) || url.has_query() || url.has_fragment())
        throw_error(errc::bad_url, without_login(text));
    if (websocket) address.path = path.empty() ? "/" : std::string(path);
    address.port = default_port(address.scheme);
    address.host = url.host_address();
    if (url.host_type() != boost::urls::host_type::ipv6 && !is_host_name(address.host))
        throw_error(errc::bad_url, without_login(text));
    if (url.has_port()) {
        if (url.port_number() == 0) throw_error(errc::bad_url, without_login(text));
        address.port = url.port_number();
    }
    if (url.has_userinfo()) {
        if (url.has_password()) {
            address.login.user = url.user();
            address.login.password = url.password();
        } else {
            address.login.token = url.user();
        }
    }
    return address;
}

server_address parse_server_address(std::string_view text, std::string_view default_scheme) {
    return parse_address(text, default_scheme, {"nats", "tls", "ws", "wss"});
}

namespace {

/// One address of a list. What fails before the end of a login may be its beginning, so it is not shown.
server_address parse_listed(std::string_view one, std::string_view rest_of_list) {
    try {
        return parse_server_address(one);
    } catch (const boost::system::system_error& failed) {
        if (failed.code() != errc::bad_url || !ends_a_login(rest_of_list)) throw;
    }
    throw_error(errc::bad_url, "in a list with a login (a comma in a login is written %2C)");
}

}  // namespace

bool is_ip_address(const std::string& host) {
    boost::system::error_code not_one;
    boost::asio::ip::make_address(host, not_one);
    return !not_one;
}

server_pool::server_pool(const options& opts)
    : policy_(opts.reconnect), randomize_(opts.randomize_servers), wants_tls_(asks_for_tls(opts.tls)) {
    for (const auto& entry : opts.servers) {
        std::string_view rest = entry;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            const auto one = trim(rest.substr(0, comma));
            rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
            if (one.empty()) continue;
            auto address = parse_listed(one, rest);
            wants_tls_ = wants_tls_ || address.scheme == "tls" || address.scheme == "wss";
            if (!servers_.empty() && address.is_websocket() != servers_.front().is_websocket())
                throw_error(errc::bad_url, "WebSocket and other addresses in one list");
            if (!knows(address)) servers_.push_back(std::move(address));
        }
    }
    if (servers_.empty()) throw_error(errc::bad_url, "no server address given");
    if (randomize_) shuffle(servers_.begin(), servers_.end());
}

void server_pool::rotate() { std::rotate(servers_.begin(), servers_.begin() + 1, servers_.end()); }

void server_pool::bring_next(time_point now) {
    auto next = std::ranges::find_if(servers_, [&](const auto& server) { return server.due <= now; });
    if (next == servers_.end()) next = std::ranges::min_element(servers_, {}, &server_address::due);
    std::rotate(servers_.begin(), next, std::next(next));
}

bool server_pool::bring(const std::string& name) {
    const auto found = std::ranges::find_if(servers_, [&](const auto& server) { return server.name() == name; });
    if (found == servers_.end()) return false;
    std::rotate(servers_.begin(), found, std::next(found));
    return true;
}

std::chrono::milliseconds server_pool::wait_after(unsigned failures) const {
    auto wait = policy_.min_wait;
    for (unsigned i = 1; i < failures && wait.count() > 0 && wait < policy_.max_wait; ++i) wait *= 2;
    return std::min(wait, policy_.max_wait) + jitter();
}

std::chrono::milliseconds server_pool::jitter() const { return random_up_to(policy_.jitter); }

void server_pool::front_failed(time_point now) {
    auto& server = servers_.front();
    server.due = now + wait_after(++server.failures);
    rotate();
}

void server_pool::front_is_up(time_point now) {
    up_since_ = now;
    servers_.front().auth_failures = 0;
}

void server_pool::front_is_lost(time_point now) {
    auto& server = servers_.front();
    if (now - up_since_ < policy_.max_wait) return front_failed(now);
    server.failures = 0;
    server.due = now;
    rotate();
}

void server_pool::all_are_due() {
    for (auto& server : servers_) server.due = {};
}

bool server_pool::knows(const server_address& address) const {
    return std::any_of(servers_.begin(), servers_.end(), [&](const server_address& known) {
        return known.host == address.host && known.port == address.port;
    });
}

bool server_pool::learn(const std::vector<std::string>& connect_urls) {
    if (servers_.empty()) return false;
    const bool websocket = servers_.front().is_websocket();
    const std::string scheme = websocket ? servers_.front().scheme : "nats";
    std::vector<server_address> told;
    for (const auto& url : connect_urls) {
        try {
            auto address = parse_server_address(url, scheme);
            if (address.is_websocket() == websocket) told.push_back(std::move(address));
        } catch (const boost::system::system_error&) {
            continue;  // a server may tell addresses of a kind that we cannot use
        }
    }
    const auto is_told = [&](const server_address& known) {
        return std::any_of(told.begin(), told.end(),
                           [&](const auto& other) { return other.host == known.host && other.port == known.port; });
    };
    servers_.erase(std::remove_if(servers_.begin() + 1, servers_.end(),
                                  [&](const server_address& known) { return known.discovered && !is_told(known); }),
                   servers_.end());
    bool news = false;
    for (auto& address : told) {
        if (knows(address)) continue;
        address.discovered = true;
        address.login = servers_.front().login;
        address.path = servers_.front().path;
        const auto& teller = servers_.front().certificate_name();
        if (is_ip_address(address.host) && !is_ip_address(teller)) address.known_as = teller;
        servers_.push_back(std::move(address));
        news = true;
    }
    if (news && randomize_) shuffle(servers_.begin() + 1, servers_.end());
    return news;
}

}  // namespace mote::nats::detail
