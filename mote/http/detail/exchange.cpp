#include <mote/http/detail/exchange.hpp>

#include <mote/http/detail/outcome.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <limits>
#include <netinet/in.h>
#include <new>
#include <string>
#include <sys/socket.h>
#include <utility>

namespace mote::http::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t max_header_bytes = 256 * 1024;
constexpr std::size_t max_reserve = 1024 * 1024;  // a Content-Length is only a claim
constexpr long max_redirects = 5;

// RFC 9110, 5.6.2
bool is_token(std::string_view text) noexcept {
    static constexpr std::string_view others = "!#$%&'*+-.^_`|~0123456789";
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || others.find(c) != std::string_view::npos;
    });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

long milliseconds_of(std::chrono::milliseconds time) {
    return static_cast<long>(
        std::clamp<std::chrono::milliseconds::rep>(time.count(), 1, std::numeric_limits<int>::max()));
}

}  // namespace

exchange::exchange(const asio::any_io_executor& executor, request asked, const transfer_settings& settings)
    : settings_(settings),
      request_(std::move(asked)),
      origin_(parse_origin(request_.url)),
      safe_(request_.method == "GET" || request_.method == "HEAD"),
      wake_(executor) {
    if (!is_token(request_.method)) throw_error(errc::bad_request, origin_.authority + ": the method is not a token");
    if (request_.method == "HEAD" && !request_.body.empty())
        throw_error(errc::bad_request, origin_.authority + ": HEAD takes no body");
    add_headers();
}

void exchange::add_headers() {
    const auto append = [this](const std::string& line) {
        curl_slist* const longer = curl().slist_append(headers_.get(), line.c_str());
        if (longer == nullptr) throw std::bad_alloc();
        static_cast<void>(headers_.release());
        headers_.reset(longer);
    };
    bool has_type = false;
    for (const auto& [name, value] : request_.headers) {
        if (!is_token(name)) throw_error(errc::bad_request, origin_.authority + ": a header name is not a token");
        if (value.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos)
            throw_error(errc::bad_request, origin_.authority + ": header " + name + " has a line break or a zero byte");
        // libcurl sends no header for "name:" and an empty one for "name;".
        append(trimmed(value).empty() ? name + ';' : name + ": " + value);
        has_type = has_type || curl().strequal(name.c_str(), "Content-Type") != 0;
    }
    append("Expect:");                       // no 100-continue: it costs a second where the server does not know it
    if (!has_type) append("Content-Type:");  // libcurl's own is that of a form
}

asio::awaitable<void> exchange::until_done(std::optional<std::chrono::nanoseconds> limit) {
    if (done()) co_return;
    if (limit) {
        wake_.expires_after(*limit);
    } else {
        wake_.expires_at(asio::steady_timer::time_point::max());
    }
    const auto [ended] = co_await wake_.async_wait(asio::as_tuple(asio::deferred));
    if (ended && !done()) throw boost::system::system_error(ended);
}

void exchange::wake() noexcept {
    try {
        wake_.cancel();
    } catch (...) {  // declared to throw; nothing in it does
    }
}

response exchange::take() {
    if (failure_) throw *std::move(failure_);
    return std::move(response_);
}

void exchange::prepare(easy_handle handle) {
    easy_ = std::move(handle);
    response_ = {};
    header_bytes_ = 0;
    too_large_ = false;
    refused_ = connecting_ = false;
    worth_another_try_ = false;
    failure_.reset();
    curl_text_[0] = '\0';

    CURL* const easy = easy_.get();
    const auto& options = settings_.options;
    const auto timeout = request_.timeout > std::chrono::milliseconds(0) ? request_.timeout : options.timeout;
    curl().easy_setopt(easy, CURLOPT_PRIVATE, this);
    curl().easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_text_.data());
    curl().easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
    curl().easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
    curl().easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
    curl().easy_setopt(easy, CURLOPT_HEADERFUNCTION, &exchange::header_callback);
    curl().easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl().easy_setopt(easy, CURLOPT_WRITEFUNCTION, &exchange::body_callback);
    curl().easy_setopt(easy, CURLOPT_WRITEDATA, this);
    curl().easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds_of(options.connect_timeout));
    curl().easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds_of(timeout));
    curl().easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // A name that is still being looked up must not make its removal wait for the resolver's thread.
    curl().easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl().easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl().easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (options.proxy) curl().easy_setopt(easy, CURLOPT_PROXY, options.proxy->c_str());
    set_method(easy);
    set_security(easy);
    if (request_.may_connect) set_guard(easy);
}

void exchange::set_guard(CURL* easy) {
    curl().easy_setopt(easy, CURLOPT_PROXY, "");  // which would be the one to look at the address
    curl().easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl().easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &exchange::open_callback);
    curl().easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
    // For connections that are there already: another request may have been allowed to make them.
    curl().easy_setopt(easy, CURLOPT_PREREQFUNCTION, &exchange::before_request_callback);
    curl().easy_setopt(easy, CURLOPT_PREREQDATA, this);
}

bool exchange::allows(std::string_view address, int port) noexcept {
    connect_target target;
    target.host = origin_.host;
    target.address = address;
    target.port = static_cast<std::uint16_t>(port);
    bool allowed = false;
    try {
        allowed = request_.may_connect(target);
    } catch (...) {  // then not
    }
    (allowed ? connecting_ : refused_) = true;
    return allowed;
}

curl_socket_t exchange::open_callback(void* self, curlsocktype, curl_sockaddr* address) noexcept {
    std::array<char, INET6_ADDRSTRLEN> text{};
    int port = 0;
    if (address->family == AF_INET) {
        const auto* const four = reinterpret_cast<const sockaddr_in*>(&address->addr);
        ::inet_ntop(AF_INET, &four->sin_addr, text.data(), text.size());
        port = ntohs(four->sin_port);
    } else if (address->family == AF_INET6) {
        const auto* const six = reinterpret_cast<const sockaddr_in6*>(&address->addr);
        ::inet_ntop(AF_INET6, &six->sin6_addr, text.data(), text.size());
        port = ntohs(six->sin6_port);
    }
    if (!static_cast<exchange*>(self)->allows(text.data(), port)) return CURL_SOCKET_BAD;
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int exchange::before_request_callback(void* self, char* address, char*, int port, int) noexcept {
    auto* const guarded = static_cast<exchange*>(self);
    guarded->connecting_ = false;
    return guarded->allows(address, port) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

void exchange::set_method(CURL* easy) {
    const auto& method = request_.method;
    const auto& body = request_.body;
    const bool with_body = !body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
    if (with_body) {
        curl().easy_setopt(easy, CURLOPT_POST, 1L);
        curl().easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        curl().easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    } else if (method == "HEAD") {
        curl().easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
    if (with_body ? method != "POST" : !safe_) curl().easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
    if (safe_) {
        curl().easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
        curl().easy_setopt(easy, CURLOPT_MAXREDIRS, max_redirects);
    }
}

void exchange::set_security(CURL* easy) {
    curl().easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl().easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, origin_.secure ? "https" : "http,https");
    curl().easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl().easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!settings_.ca_file.empty()) {
        // libcurl parses the file once for all connections only where there is no CA directory.
        curl().easy_setopt(easy, CURLOPT_CAINFO, settings_.ca_file.c_str());
        curl().easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
    const bool http2 = settings_.options.http2;
    curl().easy_setopt(easy, CURLOPT_HTTP_VERSION, http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
    // Wait for the first connection to say whether it can be shared; in clear text it would say so with its first response.
    curl().easy_setopt(easy, CURLOPT_PIPEWAIT, http2 && origin_.secure ? 1L : 0L);
}

exchange& exchange::of(CURL* easy) noexcept {
    char* self = nullptr;
    curl().easy_getinfo(easy, CURLINFO_PRIVATE, &self);
    return *reinterpret_cast<exchange*>(self);
}

std::size_t exchange::header_callback(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    try {
        return static_cast<exchange*>(self)->on_header({data, size * count}) ? size * count : 0;
    } catch (...) {
        return 0;
    }
}

std::size_t exchange::body_callback(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    try {
        return static_cast<exchange*>(self)->on_body({data, size * count}) ? size * count : 0;
    } catch (...) {
        return 0;
    }
}

bool exchange::on_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {  // of each response: those with a redirect and those with 1xx are forgotten
        response_.headers.clear();
        header_bytes_ = 0;
    }
    header_bytes_ += line.size();
    if (header_bytes_ > max_header_bytes) {
        too_large_ = true;
        return false;
    }
    auto& headers = response_.headers;
    if ((line.starts_with(' ') || line.starts_with('\t')) &&
        !headers.empty()) {  // the obsolete folding of RFC 9112, 5.2
        headers.back().second.append(1, ' ').append(trimmed(line));
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos && !line.starts_with("HTTP/")) {
        headers.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    }
    return true;
}

bool exchange::on_body(std::string_view chunk) {
    const std::size_t limit = settings_.options.max_body;
    auto& body = response_.body;
    if (body.empty()) {
        curl_off_t claimed = -1;
        curl().easy_getinfo(easy(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &claimed);
        if (claimed > 0) {
            too_large_ = static_cast<std::size_t>(claimed) > limit;
            if (!too_large_) body.reserve(std::min(static_cast<std::size_t>(claimed), max_reserve));
        }
    }
    too_large_ = too_large_ || chunk.size() > limit - body.size();
    if (too_large_) return false;
    body.append(chunk);
    return true;
}

bool exchange::may_repeat(CURLcode result) const noexcept {
    if (safe_) return true;
    // Before that time nothing of the request was sent.
    curl_off_t sent_at = 0;
    curl().easy_getinfo(easy(), CURLINFO_PRETRANSFER_TIME_T, &sent_at);
    return result != CURLE_OK && sent_at == 0;
}

void exchange::conclude(CURLcode result) {
    if (result == CURLE_OK) {
        long status = 0;
        curl().easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
        response_.status = static_cast<int>(status);
        worth_another_try_ = safe_ && status >= 500 && status <= 599;
        return;
    }
    if (too_large_) {
        const auto bound = std::to_string(settings_.options.max_body);
        const bool of_headers = header_bytes_ > max_header_bytes;
        return fail(errc::too_large, of_headers ? "headers past 262144 bytes" : "body past " + bound + " bytes");
    }
    if (refused_ && !connecting_) return fail(errc::address_refused, "not to that address");
    const auto code = classify(easy(), result);
    // A proxy's address with its password may be part of the text.
    const std::string_view text(curl_text_.data());
    const bool usable = !text.empty() && text.find('@') == std::string_view::npos;
    fail(code, usable ? text : std::string_view(curl().easy_strerror(result)));

    const bool passing = code == errc::timeout || code == errc::connect_failed || code == errc::resolve_failed ||
                         code == errc::connection_lost || result == CURLE_SSL_CONNECT_ERROR;
    worth_another_try_ = passing && may_repeat(result);
}

void exchange::fail(errc code, std::string_view why) noexcept {
    worth_another_try_ = false;
    try {
        failure_.emplace(code, origin_.authority + ": " + std::string(why));
    } catch (...) {
        failure_.emplace(make_error_code(code));
    }
}

}  // namespace mote::http::detail
