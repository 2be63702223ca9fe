#include <apps/mote/gateway_client.hpp>
#include <apps/mote/line_stream.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr auto pause_before_again = std::chrono::seconds(1);
constexpr std::size_t most_remembered = 16'384;  // lines

/// Prints lines, each once: when the gateway went away they are asked for again from the time of the last one on. A line is kept
/// a moment after its own time, so that some of those before come again, too.
class printer {
public:
    explicit printer(bool as_json) : as_json_(as_json) {}

    void take(std::string_view line) {
        if (line.empty()) return;
        boost::system::error_code failed;
        const auto told = boost::json::parse(line, failed);
        const std::string time = failed ? std::string() : command::text_of(told, "timestamp");
        last_time_ = time;
        if (!remember(std::hash<std::string_view>()(line)) && again_) return;
        if (as_json_ || failed) return write_out(std::string(line) + "\n");
        write_out(time + " " + printable(command::text_of(told, "name")) + " (" +
                  printable(command::text_of(told, "instance")) + ") " + printable(command::text_of(told, "text")) +
                  "\n");
    }
    void ask_again() { again_ = true; }
    const std::string& last_time() const noexcept { return last_time_; }

private:
    /// False: it is among the latest ones.
    bool remember(std::size_t line) {
        if (!printed_.insert(line).second) return false;
        in_order_.push_back(line);
        if (in_order_.size() <= most_remembered) return true;
        printed_.erase(in_order_.front());
        in_order_.pop_front();
        return true;
    }

    bool as_json_;
    bool again_ = false;
    std::string last_time_;
    std::unordered_set<std::size_t> printed_;  // hashes
    std::deque<std::size_t> in_order_;
};

std::string target_of(const logs_command& chosen, const std::string& since, bool with_tail) {
    std::string target = "/system/logs?name=" + path_segment(chosen.name);
    if (!chosen.space.empty()) target += "&namespace=" + path_segment(chosen.space);
    if (chosen.follow) target += "&follow=true";
    if (chosen.tail && with_tail) target += "&tail=" + std::to_string(*chosen.tail);
    if (!since.empty()) target += "&since=" + path_segment(since);
    return target;
}

/// One answer to its end; why it broke, where it did.
asio::awaitable<std::string> follow_once(logs_command chosen, gateway_client* gateway, printer* lines) {
    const bool again = !lines->last_time().empty();
    line_request asked;
    asked.url = gateway->url() + target_of(chosen, again ? lines->last_time() : chosen.since, !again);
    asked.authorization = gateway->authorization();
    const std::function<void(std::string_view)> print = [lines](std::string_view line) { lines->take(line); };
    try {
        const auto answer = co_await read_lines(asked, print);
        if (answer.status >= 200 && answer.status < 300) co_return std::string();
        http::response told;
        told.status = answer.status;
        told.body = answer.body;
        throw gateway_client::refusal(shown_name(chosen), told);
    } catch (const boost::system::system_error& error) {
        co_return plain_reason(error.what());
    }
}

/// The gateway is asked the usual way first: it says best what is the matter when it cannot be.
asio::awaitable<exit_code> follow(logs_command chosen, gateway_client* gateway) {
    auto asked = gateway->request("GET", "/system/function/" + path_segment(chosen.name) + space_query(chosen.space));
    co_await gateway->ask(std::move(asked), shown_name(chosen));
    printer lines(chosen.json);
    for (;;) {
        const auto broken = co_await follow_once(chosen, gateway, &lines);
        if (!broken.empty()) say("the log broke off: " + broken + "; it is asked for again");
        lines.ask_again();
        asio::steady_timer pause(co_await asio::this_coro::executor, pause_before_again);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<exit_code> print(logs_command chosen, gateway_client* gateway) {
    if (chosen.follow) co_return co_await follow(chosen, gateway);
    auto asked = gateway->request("GET", target_of(chosen, chosen.since, true));
    const auto answer = co_await gateway->ask(std::move(asked), shown_name(chosen));
    printer lines(chosen.json);
    for (std::size_t begin = 0; begin < answer.body.size();) {
        const auto end = std::min(answer.body.find('\n', begin), answer.body.size());
        lines.take(std::string_view(answer.body).substr(begin, end - begin));
        begin = end + 1;
    }
    co_return exit_code::ok;
}

}  // namespace

exit_code run(const logs_command& chosen) { return run_with_gateway(chosen, print); }

}  // namespace mote::command
