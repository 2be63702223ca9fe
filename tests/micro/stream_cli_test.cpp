// The official `nats` command reads a stream of ours.

#include <tests/micro/hosted_service.hpp>
#include <tests/micro/nats_command.hpp>
#include <tests/micro/streams.hpp>

#include <sstream>

namespace mote::test {
namespace {

using stream_cli_test = nats_command_test;

micro::reply_stream<std::string> poem(int lines) {
    for (int i = 1; i <= lines; ++i) co_yield "line " + std::to_string(i);
    if (lines > 3) throw micro::service_error(418, "no more lines");
}

std::unique_ptr<micro::service> poems(const nats::connection&) {
    micro::service_config config;
    config.name = "Poems";
    config.version = "1.0.0";
    auto service = std::make_unique<micro::service>(config);
    service->endpoint("poem", poem);
    return service;
}

/// The lines that hold something, as the command adds empty ones.
std::string without_empty_lines(const std::string& shown) {
    std::string text;
    std::istringstream lines(shown);
    for (std::string line; std::getline(lines, line);)
        if (!line.empty()) text += line + "\n";
    return text;
}

TEST_F(stream_cli_test, shows_the_items_one_after_the_other) {
    const nats_server server(without_jetstream());
    hosted_service host(options_for(server), poems);
    auto shown = nats(server, {"req", "poem", "3", "--replies=0", "--raw", "--timeout=1s"});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_TRUE(without_empty_lines(shown.out).starts_with("line 1\nline 2\nline 3\n")) << shown.out;
    shown = nats(server, {"req", "poem", "3", "--replies=0", "--timeout=1s"});
    for (const std::string part : {"line 1", "line 2", "line 3", "Mote-Stream-Seq: 3", "Mote-Stream-End: 3"})
        EXPECT_NE((shown.out + shown.err).find(part), std::string::npos) << part << " in\n" << shown.out << shown.err;
}

TEST_F(stream_cli_test, shows_an_error_at_the_end) {
    const nats_server server(without_jetstream());
    hosted_service host(options_for(server), poems);
    const auto shown = nats(server, {"req", "poem", "4", "--replies=0", "--timeout=1s"});
    for (const std::string part : {"line 4", "Nats-Service-Error: no more lines", "Mote-Stream-End: 4"})
        EXPECT_NE((shown.out + shown.err).find(part), std::string::npos) << part << " in\n" << shown.out << shown.err;
}

TEST_F(stream_cli_test, shows_only_the_first_item_to_a_plain_request) {
    const nats_server server(without_jetstream());
    hosted_service host(options_for(server), poems);
    const auto shown = nats(server, {"req", "poem", "3", "--raw"});
    EXPECT_EQ(without_empty_lines(shown.out), "line 1\n");
}

}  // namespace
}  // namespace mote::test
