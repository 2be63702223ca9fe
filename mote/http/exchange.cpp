#include <mote/http/exchange.hpp>

#include <mote/http/detail/server_connection.hpp>
#include <mote/http/protocol/characters.hpp>

#include <algorithm>
#include <utility>

namespace mote::http {

namespace asio = boost::asio;

void open_request::end(const std::exception_ptr& failed) {
    if (const auto ending = std::exchange(of_, nullptr)) ending->end_open(failed);
}
void open_request::end_with(asio::awaitable<void> rest) {
    if (const auto going = std::exchange(of_, nullptr)) going->spawn(std::move(rest));
}

std::string_view exchange::method() const noexcept { return connection_.request().method; }
std::string_view exchange::target() const noexcept { return connection_.request().target; }
std::string_view exchange::path() const noexcept { return connection_.request().path; }
std::string_view exchange::query() const noexcept { return connection_.request().query; }
std::string_view exchange::host() const noexcept { return connection_.request().host; }
std::string_view exchange::upgrade() const noexcept { return connection_.request().upgrade; }
std::span<const header_view> exchange::headers() const noexcept { return connection_.request().headers; }

std::optional<std::string_view> exchange::header(std::string_view name) const noexcept {
    const auto all = headers();
    const auto found =
        std::ranges::find_if(all, [name](const auto& each) { return protocol::same_name(each.name, name); });
    if (found == all.end()) return std::nullopt;
    return found->value;
}

std::optional<std::uint64_t> exchange::content_length() const noexcept { return connection_.request().content_length; }
const std::string& exchange::peer() const noexcept { return connection_.peer(); }
std::string_view exchange::body() const noexcept { return connection_.body(); }
asio::awaitable<std::string_view> exchange::read_some() { return connection_.read_some(); }
asio::awaitable<std::string_view> exchange::read_body(std::size_t most) { return connection_.read_body(most); }

std::optional<std::string_view> exchange::body_at_hand() { return connection_.body_at_hand(); }
open_request exchange::leave_open(std::shared_ptr<open_handler> who) { return connection_.leave_open(std::move(who)); }

void exchange::respond(int status, std::initializer_list<header_view> headers, std::string_view body) {
    connection_.respond(status, headers, body);
}
void exchange::respond(int status, std::span<const header_view> headers, std::string_view body) {
    connection_.respond(status, headers, body);
}
void exchange::respond(const response& whole) { connection_.respond(whole.status, whole.headers, whole.body); }
void exchange::refuse(const std::exception_ptr& failed) { connection_.explain(failed); }
void exchange::start(int status, const header_list& headers) { connection_.start(status, headers); }
asio::awaitable<void> exchange::write(std::string_view piece) { return connection_.write(piece); }
void exchange::edit_headers(std::function<void(header_list&)> edit) {
    connection_.response().edit_headers(std::move(edit));
}
int exchange::status() const noexcept { return connection_.response().status(); }
std::uint64_t exchange::received() const noexcept { return connection_.received(); }
std::uint64_t exchange::sent() const noexcept { return connection_.response().sent(); }
bool exchange::gone() const noexcept { return connection_.gone(); }

}  // namespace mote::http
