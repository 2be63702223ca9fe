// Schemas that are too large for metadata are asked for, and foreign metadata asks nobody else.

#include <mote/micro/fetch_schemas.hpp>

#include <tests/micro/described_services.hpp>
#include <tests/micro/world.hpp>

#include <mote/json/about.hpp>
#include <mote/micro/discovery.hpp>
#include <mote/micro/openapi.hpp>

#include <boost/describe/class.hpp>

#include <algorithm>
#include <array>

namespace mote::test {

struct wordy {
    int number = 0;
};
BOOST_DESCRIBE_STRUCT(wordy, (), (number))

inline constexpr auto many_words = [] {
    std::array<char, 6000> text{};
    text.fill('x');
    return text;
}();

}  // namespace mote::test

template <>
struct mote::json::about<mote::test::wordy> {
    static constexpr std::string_view description{test::many_words.data(), test::many_words.size()};
};

namespace mote::test {
namespace {

using fetch_schemas_test = micro_test;
using text_lines = std::vector<std::string>;

std::vector<micro::service_info> asking(const text_lines& references) {
    std::vector<micro::endpoint_info> endpoints;
    for (const auto& each : references)
        endpoints.push_back(
            described_endpoint("e" + std::to_string(endpoints.size()), {{"mote.request.schema.ref", each}}));
    return {described_service("S", std::move(endpoints))};
}

micro::metadata metadata_of(const micro::fetched_schemas& fetched, std::size_t endpoint) {
    return fetched.services.at(0).endpoints.at(endpoint).metadata;
}

TEST_F(fetch_schemas_test, puts_large_schemas_where_small_ones_are) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config("Large"));
        service.endpoint("same", [](wordy value) { return value; });
        co_await service.start(here.connection);
        micro::discovery others(here.caller);
        auto found = co_await others.info();
        EXPECT_TRUE(found.at(0).endpoints.at(0).metadata.contains("mote.request.schema.ref"));
        const auto fetched = co_await micro::fetch_schemas(here.caller, found);
        EXPECT_EQ(fetched.warnings, text_lines());
        const auto metadata = metadata_of(fetched, 0);
        EXPECT_FALSE(metadata.contains("mote.request.schema.ref"));
        EXPECT_EQ(metadata.at("mote.request.schema"), json::schema<wordy>());
        EXPECT_EQ(metadata.at("mote.response.schema"), json::schema<wordy>());
        const auto document = micro::openapi(fetched.services);
        EXPECT_EQ(document.warnings, text_lines());
        EXPECT_NE(document.text.find("xxxxxxxx"), std::string::npos);
        EXPECT_EQ(document.text.find("mote-schema"), std::string::npos);
    });
}

TEST_F(fetch_schemas_test, asks_each_schema_once) {
    in_world([](world& here) -> asio::awaitable<void> {
        text_lines asked;
        const auto answering = here.connection.subscribe("mote.schema.>", [&](const nats::message_view& message) {
            asked.push_back(std::string(message.subject) + "|" + std::string(message.payload));
            here.connection.respond(message, R"({"type":"null"})");
        });
        co_await here.connection.flush();
        auto services = asking({"mote.schema.a b/c d", "mote.schema.a b/c d", "mote.schema.x"});
        services.push_back(services.front());
        const auto fetched = co_await micro::fetch_schemas(here.caller, services);
        EXPECT_EQ(asked, (text_lines{"mote.schema.a|b/c d", "mote.schema.x|"}));
        EXPECT_EQ(fetched.warnings, text_lines());
        for (const auto& service : fetched.services)
            for (const auto& endpoint : service.endpoints)
                EXPECT_EQ(endpoint.metadata, (micro::metadata{{"mote.request.schema", R"({"type":"null"})"}}));
    });
}

TEST_F(fetch_schemas_test, asks_more_than_fit_at_once) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto answering = here.connection.subscribe("mote.schema.*", [&](const nats::message_view& message) {
            here.connection.respond(message, message.payload);
        });
        co_await here.connection.flush();
        text_lines references;
        for (int each = 0; each < 200; ++each) references.push_back("mote.schema.a " + std::to_string(each));
        const auto services = asking(references);
        const auto fetched = co_await micro::fetch_schemas(here.caller, services);
        EXPECT_EQ(fetched.warnings, text_lines());
        for (std::size_t each = 0; each < 200; ++each)
            EXPECT_EQ(metadata_of(fetched, each).at("mote.request.schema"), std::to_string(each));
    });
}

TEST_F(fetch_schemas_test, asks_no_other_subjects_and_leaves_what_is_there) {
    in_world([](world& here) -> asio::awaitable<void> {
        int asked = 0;
        const auto listening = here.connection.subscribe(">", [&](const nats::message_view& message) {
            if (!message.subject.starts_with("_INBOX.")) ++asked;
        });
        co_await here.connection.flush();
        auto services =
            asking({"$JS.API.STREAM.DELETE.orders", "orders.delete 1", "", "mote.schemas", "mote.schema.a b"});
        services[0].endpoints[4].metadata["mote.request.schema"] = "true";
        const auto fetched = co_await micro::fetch_schemas(here.caller, services);
        co_await here.caller.flush();
        co_await here.connection.flush();
        EXPECT_EQ(asked, 0);
        EXPECT_EQ(fetched.warnings.size(), 4U);
        EXPECT_EQ(fetched.warnings.at(0),
                  "S.e0: its mote.request.schema: is not under mote.schema., and was not asked for");
        EXPECT_EQ(metadata_of(fetched, 0), micro::metadata());
        EXPECT_EQ(metadata_of(fetched, 4).at("mote.request.schema"), "true");
    });
}

TEST_F(fetch_schemas_test, tells_what_it_did_not_get) {
    in_world([](world& here) -> asio::awaitable<void> {
        const auto silent = here.connection.subscribe("mote.schema.silent", [](const nats::message_view&) {});
        const auto failing = here.connection.subscribe("mote.schema.failing", [&](const nats::message_view& message) {
            nats::headers headers;
            headers.add("Nats-Service-Error", "no such schema");
            headers.add("Nats-Service-Error-Code", "404");
            here.connection.respond(message, {}, &headers);
        });
        const auto good = here.connection.subscribe(
            "mote.schema.good", [&](const nats::message_view& message) { here.connection.respond(message, "true"); });
        co_await here.connection.flush();
        const auto services = asking(
            {"mote.schema.nobody", "mote.schema.failing", "mote.schema.silent", "mote.schema.good", "mote.schema."});
        const std::chrono::milliseconds timeout(500);
        const auto fetched = co_await micro::fetch_schemas(here.caller, services, timeout);
        EXPECT_EQ(fetched.warnings.size(), 4U);
        const auto told = [&](const std::string& part) {
            return std::ranges::any_of(fetched.warnings,
                                       [&](const auto& each) { return each.find(part) != std::string::npos; });
        };
        EXPECT_TRUE(told("S.e0: its mote.request.schema: "));
        EXPECT_TRUE(told("S.e1: its mote.request.schema: the service answered no such schema"));
        EXPECT_TRUE(told("S.e2: its mote.request.schema: request to mote.schema.silent: "));
        EXPECT_TRUE(told("S.e4: its mote.request.schema: ")) << "is no subject";
        EXPECT_EQ(metadata_of(fetched, 3).at("mote.request.schema"), "true");
        EXPECT_EQ(metadata_of(fetched, 2), micro::metadata());
    });
}

TEST_F(fetch_schemas_test, throws_when_the_connection_is_closed) {
    in_world([](world& here) -> asio::awaitable<void> {
        here.caller.close();
        const auto services = asking({"mote.schema.a"});
        boost::system::error_code failed;
        try {
            co_await micro::fetch_schemas(here.caller, services);
        } catch (const boost::system::system_error& error) {
            failed = error.code();
        }
        EXPECT_EQ(failed, nats::errc::closed);
    });
}

}  // namespace
}  // namespace mote::test
