#include <apps/mote/ask/answer_output.hpp>
#include <apps/mote/ask/bench_report.hpp>
#include <apps/mote/ask/body.hpp>
#include <apps/mote/ask/endpoint.hpp>
#include <apps/mote/loop.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/progress_bar.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/client.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <functional>
#include <memory>
#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

/// One bench: what it measures, and where that is told. Its parts are used by the loop's handlers, so it is shared.
class measurement {
public:
    measurement(bench_command chosen, const asked_endpoint& whom, nats::connection connection, load_options options)
        : chosen_(std::move(chosen)), bar_(watcher_of(chosen_)), load_(std::move(connection), options) {
        report_.name = whom.name();
        report_.subject = whom.subject;
        report_.in_flight = options.in_flight;
        report_.body_size = options.body.size();
        report_.rate = options.rate;
        if (!chosen_.csv || *chosen_.csv == "-") return;
        csv_.open(*chosen_.csv, std::ios::binary | std::ios::trunc);  // now, and not after a minute
        if (!csv_) throw failure(exit_code::usage, *chosen_.csv + ": " + std::strerror(errno));
    }

    asio::awaitable<void> run() {
        if (chosen_.warm_up.count() > 0) {
            bar_.show("warming up");
            co_await load_.warm_up(chosen_.warm_up);
        }
        began_ = clock::now();
        const std::function<void()> look = std::bind_front(&measurement::show_progress, this);
        co_await load_.measure(chosen_.duration, chosen_.count, look);
    }

    /// Tells what was measured so far, once; true when that is something.
    bool tell() {
        bar_.clear();
        if (std::exchange(told_, true)) return true;
        report_.result = load_.result();
        if (report_.result.tally.requests() == 0) {
            say(report_.name + ": nothing was measured");
            return false;
        }
        const bool csv_on_output = chosen_.csv && *chosen_.csv == "-";
        if (chosen_.csv && !csv_on_output) write_csv();
        if (chosen_.json)
            write_out(report_json(report_));
        else if (csv_on_output)
            write_out(report_csv(report_));
        else
            write_out(report_text(report_, look_at(STDOUT_FILENO, chosen_.color)));
        return true;
    }

    exit_code code() const { return report_.result.tally.code(); }

private:
    static terminal watcher_of(const bench_command& chosen) {
        auto watcher = look_at(STDERR_FILENO, chosen.color);
        watcher.interactive = watcher.interactive && chosen.progress;
        return watcher;
    }

    void show_progress() {
        const auto result = load_.result();
        const auto done = result.tally.requests();
        const auto took = clock::now() - began_;
        const auto rate = static_cast<std::uint64_t>(static_cast<double>(done) /
                                                     std::max(1e-9, std::chrono::duration<double>(took).count()));
        const std::string what = std::to_string(rate) + "/s, p99 " + readable(result.tally.times().percentile(0.99));
        if (chosen_.count) return bar_.show(what, done, *chosen_.count);
        const auto seconds = [](auto time) {
            return static_cast<std::size_t>(std::chrono::ceil<std::chrono::seconds>(time).count());
        };
        bar_.show(what + ", s", std::min(seconds(took), seconds(chosen_.duration)), seconds(chosen_.duration));
    }

    void write_csv() {
        csv_ << report_csv(report_) << std::flush;
        if (!csv_) throw failure(exit_code::error, *chosen_.csv + ": " + std::strerror(errno));
    }

    bench_command chosen_;
    bench_report report_;
    std::ofstream csv_;
    progress_bar bar_;
    clock::time_point began_{};
    bool told_ = false;
    load_generator load_;
};

/// One request, before there are many: it says best what is the matter when there is something.
asio::awaitable<void> try_once(bench_command chosen, asked_endpoint whom, server_access access, load_options load) {
    nats::request_options options;
    options.timeout = access.timeout;
    options.headers = load.headers;
    nats::message reply;
    try {
        reply = co_await access.connection.request(whom.subject, load.body, options);
    } catch (const boost::system::system_error& error) {
        throw_no_answer(whom.subject, access, error);
    }
    const auto error = micro::error_in(reply.view());
    if (!error || !chosen.asked.check) co_return;
    throw failure(exit_code::service_error, whom.name() + ": the service answered " + std::to_string(error->status()) +
                                                ": " + error->description() +
                                                "; nothing was measured, --no-check measures that anyway");
}

asio::awaitable<std::string> load_body(bench_command chosen, asked_endpoint whom) {
    if (!chosen.size) co_return co_await body_of(chosen.asked, whom);
    if (whom.data || chosen.asked.file || !chosen.asked.flags.empty())
        throw failure(exit_code::usage, "the body is given twice: --size and data");
    co_return std::string(*chosen.size, 'x');
}

asio::awaitable<exit_code> bench(loop* running, bench_command chosen) {
    const auto access = co_await open_access(chosen.server, running);
    const auto whom = co_await find_endpoint(chosen.asked, access);
    if (whom.streams)
        throw failure(exit_code::usage,
                      whom.name() + " answers with a stream of replies; only one answer to a request can be measured");
    load_options load;
    load.subject = whom.subject;
    load.body = co_await load_body(chosen, whom);
    for (const auto& [name, value] : chosen.asked.headers) load.headers.add(name, value);
    load.in_flight = chosen.in_flight;
    load.rate = chosen.rate;
    load.timeout = access.timeout;
    co_await try_once(chosen, whom, access, load);
    const auto measured = std::make_shared<measurement>(chosen, whom, access.connection, load);
    running->on_interrupt([measured, running] {
        measured->tell();
        running->end(exit_code::interrupted);
    });
    std::exception_ptr failed;
    try {
        co_await measured->run();
    } catch (...) {
        failed = std::current_exception();
    }
    const bool anything = measured->tell();
    if (failed) std::rethrow_exception(failed);
    co_return anything ? measured->code() : exit_code::error;
}

}  // namespace

exit_code run(const bench_command& chosen) {
    loop running;
    return running.run(bench(&running, chosen));
}

}  // namespace mote::command
