// The program that the tests of `mote dev` develop: `dev_service FILE [NAME]` serves what FILE said when it started.

#include <mote/micro.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

namespace {

namespace asio = boost::asio;

std::string answer;

asio::awaitable<void> take_time(mote::request request) {
    asio::steady_timer pause(co_await asio::this_coro::executor, std::chrono::milliseconds(300));
    co_await pause.async_wait(asio::use_awaitable);
    request.respond(answer);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    std::ifstream file(argv[1]);
    std::getline(file, answer);
    if (answer == "ends at once") {
        std::cerr << "will not serve\n";
        return 3;
    }
    std::cerr << "\x1b[36mserves\x1b[0m " << answer << "\x1b[2K\tin " << std::filesystem::current_path().string()
              << "\n";
    if (const char* const greeting = std::getenv("GREETING")) answer = std::string(greeting) + " " + answer;
    mote::service service{{.name = argc > 2 ? argv[2] : "Dev", .version = "1.0.0"}};
    service.endpoint("answer", [](mote::request& request) { request.respond(answer); });
    service.endpoint("slow", take_time);
    service.endpoint("abort", [](mote::request&) { std::abort(); });
    service.endpoint("exit", [](mote::request&) { std::_Exit(4); });
    return mote::run(service);
}
