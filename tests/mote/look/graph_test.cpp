// `mote graph` against a server: services, streams, and who asks whom.

#include <tests/micro/hosted_service.hpp>
#include <tests/mote/command.hpp>
#include <tests/mote/raw_services.hpp>

#include <mote/jetstream/context.hpp>
#include <mote/micro/client.hpp>
#include <mote/micro/within.hpp>

namespace mote::test {
namespace {

namespace asio = boost::asio;

class mote_graph : public command_live {
protected:
    nats::options options() const {
        nats::options opts;
        opts.servers = {server->url()};
        return opts;
    }
    boost::json::value document(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> arguments{"graph", "--format", "json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const auto result = mote(arguments);
        EXPECT_EQ(result.exit_code, 0) << result.err;
        return boost::json::parse(result.out);
    }
};

/// Asks Stock for each request.
asio::awaitable<void> order_from_stock(micro::client client, micro::request req) {
    const auto opts = micro::within(req);
    const auto told = co_await client.call("Stock", "count", "", opts);
    req.respond(told.payload());
}

asio::awaitable<void> ask(nats::connection connection, std::string subject) {
    co_await connection.request(subject, "");
}

asio::awaitable<void> keep(nats::connection connection, std::string subject) {
    jetstream::stream_config config;
    config.name = "AUDIT";
    config.subjects = {subject};
    config.storage = jetstream::storage_type::memory;
    co_await jetstream::context(connection).create_stream(config);
}

TEST_F(mote_graph, shows_who_asks_whom_and_what_is_kept) {
    hosted_service stock(options(), [](const nats::connection&) {
        auto made = std::make_unique<micro::service>(micro::service_config{.name = "Stock", .version = "1.0.0"});
        made->endpoint("count", [](micro::request& req) { req.respond("7"); });
        return made;
    });
    hosted_service orders(options(), [](const nats::connection& connection) {
        auto made = std::make_unique<micro::service>(micro::service_config{.name = "Orders", .version = "2.0.0"});
        auto group = made->group("orders");
        group.endpoint("new", std::bind_front(order_from_stock, micro::client(connection)));
        group.work("bill", micro::work_options(), [](micro::event&) {});
        return made;
    });
    orders.await(ask(orders.connection(), "orders.new"));
    orders.await(ask(orders.connection(), "orders.new"));
    orders.await(ask(orders.connection(), "orders.bill"));

    const auto seen = document();
    EXPECT_EQ(seen.at("calls"),
              boost::json::parse(R"([{"from":"Orders","service":"Stock","endpoint":"count","requests":2}])"));
    const auto& bill = seen.at("services").at(0).at("endpoints").at(0);
    EXPECT_EQ(text_at(bill, "kind"), "work");
    EXPECT_EQ(text_at(bill, "stream"), "Orders_orders_bill");
    const auto& stream = seen.at("streams").at(0);
    EXPECT_EQ(text_at(stream, "name"), "Orders_orders_bill");
    EXPECT_EQ(stream.at("subjects"), boost::json::parse(R"(["orders.bill"])"));
    EXPECT_EQ(text_at(stream.at("consumers").at(0), "name"), "Orders_orders_bill");
    EXPECT_EQ(seen, document()) << "the same again";

    const std::string text = mote({"graph"}).out;
    EXPECT_TRUE(has(text, "Orders 2.0.0, 1 instance\n"));
    EXPECT_TRUE(has(text, "  asks         Stock/count\n"));
    EXPECT_TRUE(has(text, "    asked by     Orders 2\n"));
    EXPECT_TRUE(has(mote({"graph", "--format", "mermaid"}).out, "  s0 ==>|\"2\"| s1e0\n"));
    EXPECT_TRUE(has(mote({"graph", "--format=dot"}).out, "  s0 -> s1e0 [label=\"2\" style=bold];\n"));
    EXPECT_EQ(document({"Stock"}).at("services").as_array().size(), 2U) << "its neighbour, too";
    EXPECT_TRUE(document({"--no-streams"}).at("streams").at(0).at("known") == false);
}

TEST_F(mote_graph, shows_the_streams_that_keep_what_others_are_asked) {
    raw_services services(server->port(),
                          answers_of({usual_instance("Orders", "o1"), usual_instance("Billing", "b1")}));
    hosted_service any(options(), [](const nats::connection&) {
        return std::make_unique<micro::service>(micro::service_config{.name = "Any", .version = "1.0.0"});
    });
    any.await(keep(any.connection(), "Orders.>"));
    const auto result = mote({"graph"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_TRUE(has(result.out, "    subject      Orders.echo\n    queue group  q\n    kept by      AUDIT\n"));
    EXPECT_TRUE(has(result.out, "    subject      Billing.echo\n    queue group  q\nOrders"));
}

TEST_F(mote_graph, of_an_unknown_service_names_the_nearest) {
    raw_services services(server->port(), answers_of({usual_instance("Orders", "o1")}));
    const auto result = mote({"graph", "Oders"});
    EXPECT_EQ(result.exit_code, 5);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(is_one_line(result.err, {"did you mean Orders?"}));
    EXPECT_EQ(mote({"graph", "--format", "svg"}).exit_code, 2);
}

TEST_F(mote_graph, of_nobody_is_exit_5) { EXPECT_EQ(mote({"graph"}).exit_code, 5); }

TEST_F(mote_graph, does_not_mind_a_reader_who_has_seen_enough) {
    std::vector<raw_instance> many;
    for (int at = 0; at < 300; ++at) many.push_back(usual_instance("Many" + std::to_string(at), "id"));
    raw_services services(server->port(), answers_of(many));
    const std::string program = MOTE_PROGRAM;
    const auto head = run({"/bin/bash", "-c", "'" + program + "' graph | head -1; echo ${PIPESTATUS[0]}"},
                          environment.options({{"NATS_URL", server->url()}}));
    EXPECT_EQ(head.out, "Many0 1.2.3, 1 instance\n0\n");
    EXPECT_EQ(head.err, "");
}

/// Without JetStream.
TEST(mote_graph_without_jetstream, has_no_streams) {
    if (!require_nats_server()) return;
    nats_server_options without;
    without.jetstream = false;
    nats_server server(without);
    raw_services services(server.port(), answers_of({usual_instance("Orders", "o1")}));
    const command_environment environment;
    const auto result = environment.run({"graph"}, {{"NATS_URL", server.url()}});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    EXPECT_TRUE(has(result.out, "Orders 1.2.3, 1 instance\n"));
    EXPECT_TRUE(has_not(result.out, "Streams"));
}

}  // namespace
}  // namespace mote::test
