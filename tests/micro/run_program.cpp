// A service as its users write it, for run_test: `mote::run` with everything that may go wrong around it.

#include <mote/micro.hpp>
#include <mote/nats/options.hpp>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

namespace asio = boost::asio;

void say(const char* text) {
    std::puts(text);
    std::fflush(stdout);
}

asio::awaitable<void> slowly(mote::request req) {
    say("slow began");
    asio::steady_timer timer(co_await asio::this_coro::executor,
                             std::chrono::milliseconds(std::stoi(std::string(req.data()))));
    co_await timer.async_wait(asio::use_awaitable);
    req.respond("slow done");
}

/// Where no handler is around it any more.
asio::awaitable<void> throws_later(mote::request req) {
    asio::post(co_await asio::this_coro::executor, [] { throw std::runtime_error("thrown from a callback"); });
    req.respond("posted");
}

std::atomic<int> computing = 0;

/// On a thread of its own.
void computes(mote::request& req) {
    ++computing;
    say("compute began");
    std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(std::string(req.data()))));
    req.respond("computed");
    --computing;
}

}  // namespace

/// run_program [URL [wait|once|work]]: where to connect instead of what the environment says; `wait` until there is a
/// server, `once` ends with the link, `work` has a work endpoint, too.
int main(int argc, char** argv) {
    mote::micro::service_config config;
    config.name = "Run";
    config.version = "1.0.0";
    config.on_done = [] { say("done"); };
    mote::service service(std::move(config));
    service.endpoint("echo", [](mote::request& req) { req.respond(req.data()); });
    service.endpoint("slow", slowly);
    service.endpoint("throws-later", throws_later);
    mote::micro::endpoint_options on_a_thread;
    on_a_thread.threads = 1;
    service.endpoint("computes", computes, on_a_thread);

    if (argc > 2 && std::string(argv[2]) == "work") service.work("process", [](mote::event&) {});

    mote::micro::run_options opts;
    if (argc > 1) {
        auto options = std::make_shared<mote::nats::options>();
        options->servers = {argv[1]};
        const std::string how = argc > 2 ? argv[2] : "";
        options->retry_on_first_connect = how == "wait";
        options->reconnect.enabled = how != "once";
        options->on_event = [](const mote::nats::connection_event& event) {
            if (event.kind == mote::nats::event_kind::connected) say("connected");
        };
        opts.connection = std::move(options);
    }
    if (const char* const timeout = std::getenv("DRAIN_MS"))
        opts.drain_timeout = std::chrono::milliseconds(std::atoi(timeout));
    const int code = mote::run(service, std::move(opts));
    say("run returned");
    const bool outlived = computing != 0;
    while (computing != 0) std::this_thread::yield();
    if (outlived) std::this_thread::sleep_for(std::chrono::milliseconds(200));  // what is behind the handler ends, too
    return code;
}
