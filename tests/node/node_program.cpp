// What the tests of nodes start: functions, and a whole node that they kill.
//   usage: node_program micro | http-echo | spawn-server | node URL DIRECTORY

#include <mote/http/exchange.hpp>
#include <mote/http/server.hpp>
#include <mote/micro/run.hpp>
#include <mote/micro/service.hpp>
#include <mote/node/guard.hpp>
#include <mote/node/node.hpp>
#include <mote/process/spawner.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace {

namespace asio = boost::asio;

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

/// Says who it is and what it was asked.
void answer(mote::micro::request& asked) {
    std::string text = "pid=" + std::to_string(::getpid());
    text += "\nsubject=" + variable("MOTE_FUNCTION_SUBJECT") + "\nqueue=" + variable("MOTE_FUNCTION_QUEUE");
    text += "\ninstance=" + variable("MOTE_FUNCTION_INSTANCE") + "\nurl=" + variable("NATS_URL");
    text += "\ncreds=" + variable("NATS_CREDS");
    text += "\nname=" + variable("OPENFAAS_NAME") + "\nversion=" + variable("version") + "\nbody=";
    text += asked.data();
    text += '\n';
    asked.respond(text);
}

/// The same four seconds later.
asio::awaitable<void> answer_late(mote::micro::request asked) {
    asio::steady_timer pause(co_await asio::this_coro::executor, std::chrono::seconds(4));
    co_await pause.async_wait(asio::use_awaitable);
    answer(asked);
}

/// Waits for as long as its caller does.
asio::awaitable<void> never_answer(mote::micro::request) {
    asio::steady_timer pause(co_await asio::this_coro::executor, std::chrono::hours(1));
    co_await pause.async_wait(asio::use_awaitable);
}

mote::micro::reply_stream<int> count() {
    for (int i = 1; i <= 200; ++i) co_yield i;
}

int be_micro() {
    // Long enough to be taken for ready by whoever looks at others only.
    if (!variable("micro_late").empty()) std::this_thread::sleep_for(std::chrono::milliseconds(700));
    mote::micro::service_config config;
    config.name = variable("OPENFAAS_NAME");
    config.version = "1.0.0";
    config.queue_group = variable("MOTE_FUNCTION_QUEUE");
    mote::micro::service service(config);
    mote::micro::endpoint_options opts;
    opts.subject = variable("MOTE_FUNCTION_SUBJECT");
    if (!variable("micro_counts").empty())
        service.endpoint("call", count, opts);
    else if (!variable("micro_waits").empty())
        service.endpoint("call", never_answer, opts);
    else if (!variable("micro_slow").empty())
        service.endpoint("call", answer_late, opts);
    else
        service.endpoint("call", answer, opts);
    return mote::micro::run(service);
}

int be_http_echo() {
    asio::io_context loop(1);
    mote::http::server_options opts;
    opts.port = static_cast<std::uint16_t>(std::stoi(variable("PORT")));
    mote::http::server server(loop.get_executor(), opts,
                              [](mote::http::exchange& asked) { asked.respond(200, {}, asked.body()); });
    loop.run();
    return 0;
}

asio::awaitable<void> serve(std::string url, std::string directory) {
    mote::nats::options to;
    to.servers = {url};
    const auto connection = co_await mote::nats::connection::connect(to);
    mote::node::node_options opts;
    opts.directory = directory;
    opts.spawn_server = {"/proc/self/exe", "spawn-server"};
    opts.guard = {"/proc/self/exe", "node-guard"};
    opts.sandbox = variable("node_without_sandbox").empty();
    opts.stop_grace = std::chrono::seconds(2);
    opts.ack_wait = std::chrono::seconds(1);
    mote::node::node here(connection, opts);
    co_await here.start();
    std::printf("serving as %s\n", here.id().c_str());
    std::fflush(stdout);
    asio::steady_timer forever(connection.executor(), std::chrono::hours(1));
    co_await forever.async_wait(asio::use_awaitable);
}

int be_node(std::string url, std::string directory) {
    asio::io_context loop(1);
    asio::co_spawn(loop, serve(std::move(url), std::move(directory)), [&loop](const std::exception_ptr& failed) {
        loop.stop();
        if (failed) std::rethrow_exception(failed);
    });
    loop.run();
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (what == "micro") return be_micro();
    if (what == "http-echo") return be_http_echo();
    if (what == "spawn-server") return mote::process::run_spawn_server(0);
    if (what == "node-guard" && argc == 3) return mote::node::run_guard(argv[2]);
    if (what == "node" && argc == 4) return be_node(argv[2], argv[3]);
    return 64;
}
