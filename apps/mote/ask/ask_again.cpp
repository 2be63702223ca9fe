#include <apps/mote/ask/answer_output.hpp>
#include <apps/mote/ask/outcome_tally.hpp>
#include <apps/mote/ask/question.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/client.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

/// One request after the other.
class repetition {
public:
    explicit repetition(question asked) : asked_(std::move(asked)), output_(asked_.chosen) {
        options_.timeout = asked_.access.timeout;
        options_.headers = asked_.headers;
    }

    bool over() const {
        return (asked_.chosen.repeat && done_ >= *asked_.chosen.repeat) || (done_ != 0 && is_reader_gone());
    }

    /// When the next one is to be sent. What was late is not made up for: a service that is slow gets no burst.
    clock::time_point next_time() {
        const auto now = clock::now();
        if (!asked_.chosen.rate) return now;
        const auto step =
            std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(1 / *asked_.chosen.rate));
        due_ = done_ == 0 ? now : std::max(now, due_ + step);
        return due_;
    }

    asio::awaitable<void> ask() {
        answer_about about;
        about.subject = asked_.whom.subject;
        about.number = done_ + 1;
        const auto asked_at = clock::now();
        nats::message reply;
        bool came = false;
        try {
            reply = co_await asked_.access.connection.request(asked_.whom.subject, asked_.body, options_);
            came = true;
        } catch (const boost::system::system_error& error) {
            tell(about, error);
        }
        ++done_;
        if (!came) co_return;
        about.rtt = clock::now() - asked_at;
        output_.show(about, reply);
        const auto error = micro::error_in(reply.view());
        tally_.answered(*about.rtt, error ? error->status() : 0);
        if (error) say_service_error(asked_.whom.name(), *error, asked_.chosen.color);
    }

    /// On standard error, or as a last line of JSON.
    void summarize() const {
        const std::chrono::duration<double> took = clock::now() - began_;
        const double rate = static_cast<double>(tally_.requests()) / std::max(took.count(), 1e-9);
        if (asked_.chosen.json) {
            auto object = tally_json(tally_);
            object["seconds"] = took.count();
            object["rate"] = rate;
            boost::json::object line;
            line["summary"] = std::move(object);
            return write_out(boost::json::serialize(line) + "\n");
        }
        const auto errors = errors_text(tally_);
        std::string number(32, '\0');
        number.resize(static_cast<std::size_t>(std::max(0, std::snprintf(number.data(), number.size(), "%.4g", rate))));
        std::string text = counted(tally_.requests(), "request") + ", " + counted(tally_.errors(), "error");
        if (!errors.empty()) text += " (" + errors + ")";
        text += ", " + number + "/s\n";
        const auto times = times_text(tally_.times());
        write_err(text + (times.empty() ? times : times + "\n"));
    }

    const outcome_tally& tally() const noexcept { return tally_; }

private:
    /// Counted, unless it is the first one that nobody takes: then there is nothing to repeat.
    void tell(const answer_about& about, const boost::system::system_error& error) {
        const bool nobody = error.code() == nats::errc::no_responders;
        if (error.code() != nats::errc::timeout && !nobody) throw error;
        if (nobody && done_ == 0) throw_no_answer(asked_.whom.subject, asked_.access, error);
        const std::string reason = nobody ? "no responders" : "no answer within " + readable(asked_.access.timeout);
        if (nobody)
            tally_.nobody_there();
        else
            tally_.timed_out();
        output_.show_failure(about, reason);
        say_in_red(asked_.whom.subject + ": " + reason, asked_.chosen.color);
    }

    question asked_;
    answer_output output_;
    nats::request_options options_;
    outcome_tally tally_;
    std::uint64_t done_ = 0;
    clock::time_point began_ = clock::now();
    clock::time_point due_{};
};

asio::awaitable<void> repeat(std::shared_ptr<repetition> all, asio::any_io_executor executor) {
    asio::steady_timer pause(executor);
    while (!all->over()) {
        const auto at = all->next_time();
        if (at > clock::now()) {
            pause.expires_at(at);
            co_await pause.async_wait(asio::use_awaitable);
        }
        co_await all->ask();
    }
}

}  // namespace

asio::awaitable<exit_code> ask_again(question asked) {
    auto* const running = asked.running;
    const auto all = std::make_shared<repetition>(std::move(asked));
    running->on_interrupt([all, running] {
        all->summarize();
        running->end(exit_code::interrupted);
    });
    std::exception_ptr failed;
    try {
        co_await repeat(all, running->executor());
    } catch (const failure&) {
        throw;  // before anything came
    } catch (...) {
        failed = std::current_exception();
    }
    all->summarize();
    if (failed) std::rethrow_exception(failed);
    co_return all->tally().code();
}

}  // namespace mote::command
