// A line for each request: what is in it, how loud it is, what never is in it.

#include <tests/micro/world.hpp>
#include <tests/support/raw_client.hpp>

#include <mote/micro/middleware/logging.hpp>

#include <regex>
#include <thread>

namespace mote::test {
namespace {

using middleware_logging_test = micro_test;

/// What was logged.
struct lines {
    std::vector<std::pair<micro::log_level, std::string>> all;

    micro::log_sink sink() {
        return [this](micro::log_level level, std::string_view line) { all.emplace_back(level, line); };
    }
};

TEST_F(middleware_logging_test, writes_one_line_for_each_request_with_the_level_of_its_end) {
    in_world([](world& here) -> asio::awaitable<void> {
        lines logged;
        auto config = here.config();
        config.middleware = {micro::logging(micro::logger(logged.sink()))};
        micro::service service(config);
        service.group("a").endpoint("good", [](micro::request& req) { req.respond("ok"); });
        service.endpoint("refuses", [](micro::request&) { throw micro::service_error(404, "a secret detail"); });
        service.endpoint("breaks", [](micro::request req) -> asio::awaitable<void> {
            if (!req.data().empty()) throw std::runtime_error("a secret cause");
            co_return;
        });
        service.endpoint("told", [](micro::event&) {});
        co_await service.start(here.connection);
        co_await ask(here.caller, "a.good", "a secret");
        co_await ask(here.caller, "refuses", "a secret");
        co_await ask(here.caller, "breaks", "a secret");
        co_await ask(here.caller, "told", "a secret");
        co_await eventually("four lines", [&] { return logged.all.size() == 4; });
        const std::vector<std::pair<micro::log_level, std::string>> wanted{
            {micro::log_level::info, "endpoint=good subject=a\\.good status=200 took=[0-9]+\\.[0-9]{3}ms in=8"},
            {micro::log_level::warning, "endpoint=refuses subject=refuses status=404 took=[0-9.]+ms in=8"},
            {micro::log_level::error, "endpoint=breaks subject=breaks status=500 took=[0-9.]+ms in=8"},
            {micro::log_level::info, "endpoint=told subject=told status=0 took=[0-9.]+ms in=8"}};
        for (std::size_t at = 0; at < std::min(wanted.size(), logged.all.size()); ++at) {
            EXPECT_EQ(logged.all[at].first, wanted[at].first) << logged.all[at].second;
            EXPECT_TRUE(std::regex_match(logged.all[at].second, std::regex(wanted[at].second)))
                << logged.all[at].second;
            EXPECT_EQ(logged.all[at].second.find("secret"), std::string::npos);
        }
    });
}

TEST_F(middleware_logging_test, waits_for_the_answer_of_a_request_that_the_handler_keeps) {
    in_world([](world& here) -> asio::awaitable<void> {
        lines logged;
        auto config = here.config();
        config.middleware = {micro::logging(micro::logger(logged.sink()))};
        micro::service service(config);
        std::optional<micro::request> kept;
        service.endpoint("later", [&kept](micro::request& req) { kept.emplace(std::move(req)); });
        co_await service.start(here.connection);
        asio::co_spawn(here.caller.executor(), ask(here.caller, "later", "x"), asio::detached);
        co_await eventually("the request is kept", [&] { return kept.has_value(); });
        EXPECT_TRUE(logged.all.empty());
        kept->respond_error(409, "conflict");
        kept.reset();
        co_await eventually("its line", [&] { return !logged.all.empty(); });
        EXPECT_EQ(logged.all.at(0).second.find("endpoint=later subject=later status=409 "), 0U)
            << logged.all.at(0).second;
    });
}

TEST_F(middleware_logging_test, changes_its_level_while_requests_are_served) {
    in_world([](world& here) -> asio::awaitable<void> {
        lines logged;
        const micro::logger log(logged.sink());
        auto config = here.config();
        config.middleware = {micro::logging(log)};
        micro::service service(config);
        service.endpoint("good", [](micro::request& req) { req.respond("ok"); });
        service.endpoint("bad", [](micro::request& req) { req.respond_error(400, "no"); });
        co_await service.start(here.connection);
        std::thread([log] { log.set_level(micro::log_level::warning); }).join();
        co_await ask(here.caller, "good");
        co_await ask(here.caller, "bad");
        log.set_level(micro::log_level::off);
        co_await ask(here.caller, "bad");
        log.set_level(micro::log_level::debug);
        co_await ask(here.caller, "good");
        EXPECT_EQ(logged.all.size(), 2U);
        if (logged.all.size() != 2) co_return;
        EXPECT_EQ(logged.all[0].first, micro::log_level::warning);
        EXPECT_EQ(logged.all[1].first, micro::log_level::info);
    });
}

TEST_F(middleware_logging_test, shows_no_character_that_could_make_another_line) {
    in_world([](world& here) -> asio::awaitable<void> {
        lines logged;
        auto config = here.config();
        config.middleware = {micro::logging(micro::logger(logged.sink()))};
        micro::service service(config);
        micro::endpoint_options opts;
        opts.subject = "any.*";
        service.endpoint("any", [](micro::request& req) { req.respond("ok"); }, opts);
        co_await service.start(here.connection);
        raw_client(here.server.port()).publish("any.\x1b[31m\xc3\xa4", "");  // ours would not take it
        co_await eventually("its line", [&] { return !logged.all.empty(); });
        if (logged.all.empty()) co_return;
        EXPECT_NE(logged.all[0].second.find(" subject=any.?[31m?? status"), std::string::npos) << logged.all[0].second;
    });
}

TEST_F(middleware_logging_test, a_sink_that_throws_harms_no_request) {
    in_world([](world& here) -> asio::awaitable<void> {
        auto config = here.config();
        config.middleware = {micro::logging(micro::logger([](auto, auto) { throw std::runtime_error("disk full"); }))};
        micro::service service(config);
        service.endpoint("good", [](micro::request& req) { req.respond("ok"); });
        co_await service.start(here.connection);
        const auto first = co_await ask(here.caller, "good");
        const auto second = co_await ask(here.caller, "good");
        EXPECT_EQ(first, body("ok"));
        EXPECT_EQ(second, body("ok"));
    });
}

TEST(log_to_standard_error, writes_time_level_and_line) {
    testing::internal::CaptureStderr();
    micro::log_to_standard_error(micro::log_level::warning, "careful");
    const auto text = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(std::regex_match(text, std::regex("2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z WARN careful\n"))) << text;
}

TEST(logger, wants_what_is_at_its_level_or_above) {
    const micro::logger log({}, micro::log_level::warning);
    EXPECT_FALSE(log.wants(micro::log_level::info));
    EXPECT_TRUE(log.wants(micro::log_level::warning));
    EXPECT_TRUE(log.wants(micro::log_level::error));
    EXPECT_FALSE(log.wants(micro::log_level::off));
    EXPECT_NO_THROW(log.log(micro::log_level::error, "to nobody"));
}

}  // namespace
}  // namespace mote::test
