// Serves a Hacker News front page on 127.0.0.1 until it is told to end: for trying things by hand and from scripts.
#include <tests/support/fake_hn.hpp>

#include <charconv>
#include <csignal>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view usage =
    "usage: fake_hn [--port N] [--delay-ms N] [--items N] [--shared DIR] [--no-anomalies] [--now EPOCH]\n"
    "  --port N        listen on this port of 127.0.0.1 (default 0: any)\n"
    "  --delay-ms N    wait so long before each item's answer\n"
    "  --items N       stories on the page (default 500)\n"
    "  --shared DIR    the real page in DIR/hn, its times moved to now (default: a generated one)\n"
    "  --no-anomalies  nothing that a consumer has to skip is added\n"
    "  --now EPOCH     the newest story is a minute older than this (default: the clock)\n"
    "prints its URL.\n";

/// The command line is wrong.
struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

template <class Number>
Number number(std::string_view option, std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw usage_error(std::string(option) + ": not a number: " + std::string(text));
    }
    return value;
}

mote::test::fake_hn_options parse(int argc, char** argv) {
    mote::test::fake_hn_options options;
    for (int at = 1; at < argc; ++at) {
        const std::string_view option = argv[at];
        if (option == "--no-anomalies") {
            options.data.anomalies = false;
            continue;
        }
        if (at + 1 == argc) throw usage_error("unknown option, or nothing after it: " + std::string(option));
        const std::string_view value = argv[++at];
        if (option == "--port") {
            options.port = number<std::uint16_t>(option, value);
        } else if (option == "--delay-ms") {
            options.delay = std::chrono::milliseconds(number<unsigned>(option, value));
        } else if (option == "--items") {
            options.data.items = number<std::size_t>(option, value);
        } else if (option == "--shared") {
            options.data.shared = value;
        } else if (option == "--now") {
            options.data.now = number<std::int64_t>(option, value);
        } else {
            throw usage_error("unknown option: " + std::string(option));
        }
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc == 2 && std::string_view(argv[1]) == "--help") {
            std::cout << usage;
            return 0;
        }
        // Blocked before the server's thread starts, which inherits it: the signals are waited for here.
        sigset_t ends;
        sigemptyset(&ends);
        sigaddset(&ends, SIGINT);
        sigaddset(&ends, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &ends, nullptr);
        const mote::test::fake_hn server(parse(argc, argv));
        std::cout << server.url() << '\n' << std::flush;
        int received = 0;
        sigwait(&ends, &received);
        return 0;
    } catch (const usage_error& error) {
        std::cerr << "fake_hn: " << error.what() << "\n" << usage;
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "fake_hn: " << error.what() << "\n";
        return 1;
    }
}
