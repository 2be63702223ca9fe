#pragma once

#include <mote/jetstream/context.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace mote::jetstream::detail {

/// Sends `body` to an API subject (`verb` follows the prefix) and returns the reply. Throws server_error for what the API
/// answers, `errc::not_enabled` when nobody does.
boost::asio::awaitable<boost::json::object> api_request(context js, std::string verb, std::string body);

/// The names in the array `member` of what an API subject answers to `query`, over all pages.
boost::asio::awaitable<std::vector<std::string>> list_names(context js, std::string verb, std::string member,
                                                            boost::json::object query);

/// The objects in the array `member` of what an API subject answers to `query`, over all pages.
boost::asio::awaitable<std::vector<boost::json::object>> list_objects(context js, std::string verb, std::string member,
                                                                      boost::json::object query);

/// A reply of the API without an error in it. Throws server_error, `errc::bad_reply`.
boost::json::object parse_api_reply(std::string_view payload);

/// Throws server_error when `reply` has an `error` member.
void throw_if_error(const boost::json::object& reply);

/// The errc of the server's numbers: `status` is the HTTP-like code, `err_code` its own.
errc errc_of(int status, int err_code) noexcept;

/// Throws `errc::bad_config` unless `name` can be a token of an API subject.
void check_name(std::string_view name, std::string_view what);

/// Whether the server of the connection is `major.minor.patch` or newer; true for a version that is none.
bool server_is_at_least(const context& js, int major, int minor, int patch = 0);

/// Throws `errc::not_supported` where the server of the connection is older than `major.minor`. `what` needs it.
void require_server(const context& js, int major, int minor, std::string_view what);

/// `timeout` from now, also for times beyond what the clock can count.
std::chrono::steady_clock::time_point deadline_after(std::chrono::nanoseconds timeout) noexcept;

}  // namespace mote::jetstream::detail
