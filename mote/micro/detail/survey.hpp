#pragma once

#include <mote/micro/discovery.hpp>
#include <mote/nats/connection.hpp>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::micro::detail {

/// The next message, or nothing when `deadline` has passed or the inbox has ended. The inbox has to live meanwhile.
boost::asio::awaitable<std::optional<nats::message>> next_until(nats::subscription* inbox,
                                                                std::chrono::steady_clock::time_point deadline);

/// Nobody listens: the server says so in place of a reply.
bool means_nobody(const nats::message& reply);

/// Why a survey ended.
enum class survey_end { nobody_there, time_over, enough };

/// One question to all instances of some or all services, with the replies as they come, and in the end those of the
/// instances which have to be asked for pages. A reply that cannot be read is left out and counted. Throws as `discovery` does.
class survey {
public:
    using reader = std::function<void(std::string_view text, std::chrono::nanoseconds after)>;

    /// Asks at once. `verb` is PING, INFO or STATS.
    survey(const nats::connection& connection, std::string_view verb, discovery_options opts);

    /// Hands each reply to `read` until one of the bounds of the options is met. What `read` throws ends it, except
    /// `errc::bad_reply`. The survey has to live until this has ended.
    boost::asio::awaitable<survey_end> run(reader read);

    std::size_t unreadable() const noexcept { return unreadable_; }
    /// Ends `run` at once.
    void stop() {
        stopped_ = true;
        inbox_.unsubscribe();
    }

private:
    using time_point = std::chrono::steady_clock::time_point;

    boost::asio::awaitable<survey_end> run_until(time_point deadline, const reader* read);
    boost::asio::awaitable<void> ask_for_pages(std::string subject, time_point deadline, const reader* read);
    template <class Take>
    bool readable(Take take);

    nats::connection connection_;
    std::string verb_;
    discovery_options opts_;
    nats::subscription inbox_;
    time_point asked_at_;
    std::size_t unreadable_ = 0;
    std::vector<std::string> large_;  // whom to ask for pages
    bool stopped_ = false;
};

}  // namespace mote::micro::detail
