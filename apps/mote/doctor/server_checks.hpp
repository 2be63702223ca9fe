#pragma once

#include <apps/mote/doctor/finding.hpp>
#include <apps/mote/server_access.hpp>

#include <mote/jetstream/context.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

namespace mote::command {

/// What `mote doctor` asks the server: is it there, what can it, what may this login. Adds to `into` as it goes, so that what is there
/// when the time is over counts. Throws nothing that is about the server.
boost::asio::awaitable<void> check_server(server_choice chosen, std::shared_ptr<std::vector<finding>> into);

// The single ones, for tests with other values than a server's.

/// Which of the features that this library knows a server of that version lacks.
finding check_version(std::string_view version);
finding check_account(const jetstream::account_info& account);
/// `ahead`: how far the server's clock is before ours; `uncertain`: how far that may be off.
finding check_server_clock(std::chrono::nanoseconds ahead, std::chrono::nanoseconds uncertain);

}  // namespace mote::command
