// What a gateway says of services, and how their answers come.

#include <tests/gateway/front_world.hpp>
#include <tests/gateway/login.hpp>
#include <tests/support/temp_dir.hpp>
#include <tests/support/validate_openapi.hpp>

#include <mote/gateway/credentials.hpp>
#include <mote/micro.hpp>
#include <mote/micro/discovery.hpp>

#include <array>
#include <fstream>

namespace mote::test {
namespace {

// Here, as g++ 12 wants no braced lists in coroutines (docs/traps.md).
constexpr std::array<const char*, 2> line_paths{"/service/Lines/two", "/function/lines"};

using front_services = front_test;

micro::endpoint_options exposed_endpoint() {
    micro::endpoint_options opts;
    opts.metadata["http.expose"] = "true";
    opts.metadata["team"] = "a";
    return opts;
}

micro::service_config config_of(const std::string& name) {
    micro::service_config config;
    config.name = name;
    config.version = "1.2.3";
    config.description = "says it again";
    config.metadata["place"] = "here";
    return config;
}

/// The second line long after the first one.
micro::reply_stream<int> one_and_later_two() {
    co_yield 1;
    co_await pause_for(30s);
    co_yield 2;
}

TEST_F(front_services, and_functions_that_answer_line_by_line_send_each_line_when_it_is_made) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        micro::service service(config_of("Lines"));
        service.endpoint("two", one_and_later_two, exposed_endpoint());
        micro::endpoint_options as_function;
        as_function.subject = "fn.openfaas-fn.lines";
        service.endpoint("lines", one_and_later_two, as_function);
        co_await service.start(here.node_connection);
        for (const std::string path : line_paths) {
            const auto began = std::chrono::steady_clock::now();
            auto peer = co_await raw_conversation::begin(
                here.server.port(), "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
            const auto all = co_await peer.read_until("1\n");
            EXPECT_LT(std::chrono::steady_clock::now() - began, 25s) << path << ": not when it ended";
            EXPECT_TRUE(contains(all, "Content-Type: application/x-ndjson")) << path << ": " << all;
            EXPECT_TRUE(contains(all, "2\r\n1\n\r\n")) << path << ": " << all;
            EXPECT_FALSE(contains(all, "2\n")) << path << ": " << all;
            peer.close();
        }
        const bool over = co_await eventually([&] { return here.server.in_flight() == 0; });
        EXPECT_TRUE(over);
        here.failures.clear();
        co_await service.stop();
    });
}

std::string metadata_text(const micro::metadata& values) {
    boost::json::object all;
    for (const auto& [key, value] : values) all[key] = value;
    return boost::json::serialize(all);
}

std::string text_at(const boost::json::value& value, const char* key) { return value.at(key).as_string().c_str(); }

/// All that INFO says, and all of STATS that is of ADR-32.
void expect_listed(const boost::json::value& listed, const micro::service_info& info,
                   const micro::service_stats& stats) {
    EXPECT_EQ(text_at(listed, "name"), info.name);
    EXPECT_EQ(text_at(listed, "id"), info.id);
    EXPECT_EQ(text_at(listed, "version"), info.version);
    EXPECT_EQ(text_at(listed, "description"), info.description);
    EXPECT_EQ(boost::json::serialize(listed.at("metadata")), metadata_text(info.metadata));
    EXPECT_EQ(text_at(listed, "started"), stats.started);
    const auto& endpoints = listed.at("endpoints").as_array();
    ASSERT_EQ(endpoints.size(), info.endpoints.size());
    ASSERT_EQ(endpoints.size(), stats.endpoints.size());
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        const auto& one = endpoints[i];
        const auto& counts = stats.endpoints[i];
        EXPECT_EQ(text_at(one, "name"), info.endpoints[i].name);
        EXPECT_EQ(text_at(one, "subject"), info.endpoints[i].subject);
        EXPECT_EQ(text_at(one, "queue_group"), info.endpoints[i].queue_group);
        EXPECT_EQ(boost::json::serialize(one.at("metadata")), metadata_text(info.endpoints[i].metadata));
        EXPECT_EQ(one.at("num_requests").to_number<std::uint64_t>(), counts.requests);
        EXPECT_EQ(one.at("num_errors").to_number<std::uint64_t>(), counts.errors);
        EXPECT_EQ(text_at(one, "last_error"), counts.last_error);
        EXPECT_EQ(one.at("processing_time").to_number<std::int64_t>(), counts.processing_time.count());
        EXPECT_EQ(one.at("average_processing_time").to_number<std::int64_t>(), counts.average_processing_time.count());
    }
}

TEST_F(front_services, are_listed_with_all_that_they_say_of_themselves) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        micro::service service(config_of("Told"));
        service.endpoint("echo", [](micro::request& asked) { asked.respond(asked.data()); }, exposed_endpoint());
        service.endpoint(
            "fail", [](micro::request&) { throw micro::service_error(422, "no such tea"); }, exposed_endpoint());
        co_await service.start(here.node_connection);
        const auto answered = co_await here.ask("POST", "/service/Told/echo", "x");
        EXPECT_EQ(answered.status, 200) << answered.body;
        const auto failed = co_await here.ask("POST", "/service/Told/fail", "x");
        EXPECT_EQ(failed.status, 422) << failed.body;

        micro::discovery_options only;
        only.name = "Told";
        only.max_replies = 1;
        micro::discovery others(here.connection);
        const auto infos = co_await others.info(only);
        const auto stats = co_await others.stats(only);
        boost::json::value listed;
        for (int i = 0; i < 2000; ++i) {  // services are looked for now and then
            listed = co_await here.json("/services");
            if (!listed.at("services").as_array().empty()) break;
            co_await pause_for(10ms);
        }
        EXPECT_EQ(infos.size(), 1U);
        EXPECT_EQ(stats.size(), 1U);
        const auto& all = listed.at("services").as_array();
        EXPECT_EQ(all.size(), 1U) << listed;
        if (infos.size() == 1 && stats.size() == 1 && all.size() == 1) {
            EXPECT_EQ(stats[0].endpoints.at(1).last_error, "422:no such tea");
            expect_listed(all.at(0), infos[0], stats[0]);
        }
        co_await service.stop();
    });
}

run_result checked(const std::string& document) {
    const temp_dir folder;
    const auto file = (folder.path() / "openapi.json").string();
    std::ofstream(file) << document;
    return validate_openapi(MOTE_TEST_VALIDATE_OPENAPI, {file});
}

TEST_F(front_services, and_functions_are_described_as_openapi_wants_it) {
    std::string document;
    with_front([&document](front_world& here) -> asio::awaitable<void> {
        micro::service service(config_of("Told"));
        service.endpoint("echo", [](micro::request& asked) { asked.respond(asked.data()); }, exposed_endpoint());
        auto routed = exposed_endpoint();
        routed.metadata["http.route"] = "GET /told/{what}";
        service.endpoint("routed", [](micro::request& asked) { asked.respond(asked.data()); }, routed);
        co_await service.start(here.node_connection);
        co_await here.deploy("cat", "cat", R"(,"annotations":{"description":"Gives \"back\" what it got: {}."})");
        co_await here.deploy("paused", "cat");
        const auto paused = co_await here.ask("PUT", "/system/function/paused/pause");
        EXPECT_EQ(paused.status, 202) << paused.body;
        const auto known = co_await here.ask("POST", "/service/Told/echo", "x");
        EXPECT_EQ(known.status, 200) << known.body;
        bool all = false;
        for (int i = 0; i < 2000 && !all; ++i) {
            const auto told = co_await here.json("/openapi.json");
            const auto& paths = told.at("paths").as_object();
            all = paths.contains("/function/cat.openfaas-fn") && paths.contains("/service/Told/echo") &&
                  paths.contains("/told/{what}") && !paths.contains("/function/paused.openfaas-fn");
            document = boost::json::serialize(told);
            co_await pause_for(10ms);
        }
        EXPECT_TRUE(all) << document;
        co_await service.stop();
    });
    const auto result = checked(document);
    if (result.exit_code == 77)
        return skip_or_fail(
            "needs python3 with the package openapi-spec-validator, or MOTE_TEST_PYTHON of a venv with it");
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

/// The document of a gateway with a login, once it has a service with the routes `GET /mine` and `GET /system/extra`.
class described_logins : public front_test {
protected:
    boost::json::value document(bool everywhere) {
        gateway::make_credentials(directory.path());
        gateway::front_options opts;
        opts.credentials = directory.path();
        opts.protect_functions = everywhere;
        const auto known = gateway::read_credentials(directory.path());
        const auto login = basic_login(known.user, known.password);
        boost::json::value told;
        with_front(
            [&told, login](front_world& here) -> asio::awaitable<void> {
                micro::service service(config_of("Told"));
                auto routed = exposed_endpoint();
                routed.metadata["http.route"] = "GET /mine";
                service.endpoint("mine", [](micro::request& asked) { asked.respond("x"); }, routed);
                routed.metadata["http.route"] = "GET /system/extra";
                service.endpoint("extra", [](micro::request& asked) { asked.respond("x"); }, routed);
                co_await service.start(here.node_connection);
                for (int i = 0; i < 2000; ++i) {
                    const auto answer =
                        co_await here.ask("GET", "/openapi.json", {}, sent_with("Authorization", login));
                    EXPECT_EQ(answer.status, 200) << answer.body;
                    told = boost::json::parse(answer.body);
                    if (told.at("paths").as_object().contains("/mine")) break;
                    co_await pause_for(10ms);
                }
                co_await service.stop();
            },
            opts);
        return told;
    }
    temp_dir directory;
};

std::string login_of(const boost::json::value& document, const std::string& path) {
    const auto& operation = document.at("paths").at(path).at("get").as_object();
    const auto* const said = operation.if_contains("security");
    return said == nullptr ? "none" : boost::json::serialize(*said);
}

TEST_F(described_logins, are_said_of_what_wants_one) {
    const std::string either = R"([{"basic":[]},{"bearer":[]}])";
    const auto system_only = document(false);
    EXPECT_EQ(login_of(system_only, "/mine"), "none");
    EXPECT_EQ(login_of(system_only, "/system/extra"), either);
    const auto everywhere = document(true);
    EXPECT_EQ(login_of(everywhere, "/mine"), either);
    EXPECT_EQ(login_of(everywhere, "/system/extra"), either);
    const auto schemes = boost::json::serialize(everywhere.at("components").at("securitySchemes"));
    EXPECT_EQ(schemes, R"({"basic":{"type":"http","scheme":"basic"},"bearer":{"type":"http","scheme":"bearer"}})");
    const auto result = checked(boost::json::serialize(everywhere));
    if (result.exit_code == 77)
        return skip_or_fail(
            "needs python3 with the package openapi-spec-validator, or MOTE_TEST_PYTHON of a venv with it");
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

TEST_F(front_services, that_need_no_login_are_described_without_one) {
    with_front([](front_world& here) -> asio::awaitable<void> {
        const auto told = co_await here.json("/openapi.json");
        EXPECT_FALSE(told.at("components").as_object().contains("securitySchemes")) << told;
    });
}

}  // namespace
}  // namespace mote::test
