// Which nodes there are, and what they say of their functions.

#include <mote/functions/error.hpp>
#include <mote/functions/node_table.hpp>
#include <tests/jetstream/live_test.hpp>

namespace mote::functions {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using test::eventually;
using test::nats_server;

function_state state_of(std::string key, std::uint32_t ready) {
    function_state state;
    state.key = std::move(key);
    state.generation = 2;
    state.ready = ready;
    state.starting = 1;
    state.in_flight = 3;
    state.calls = 100;
    state.millicores = 1.5;
    state.memory = 4096;
    state.cpu_seconds = 2.5;
    return state;
}

node_state node_named(std::string id, std::vector<function_state> functions) {
    node_state node;
    node.id = std::move(id);
    node.host = "here";
    node.version = "1";
    node.functions = std::move(functions);
    return node;
}

TEST(node_state, is_read_as_it_was_written) {
    auto one = state_of("openfaas-fn.f", 2);
    one.limits = "rlimits";
    one.sandbox = "none";
    one.trouble = "exits with 1";
    auto node = node_named("a", {one});
    node.started = std::chrono::system_clock::time_point(1'700'000'000s);
    const auto read = read_node_state(write_node_state(node));
    EXPECT_EQ(read.id, "a");
    EXPECT_EQ(read.started, node.started);
    ASSERT_EQ(read.functions.size(), 1U);
    EXPECT_EQ(read.functions[0].key, "openfaas-fn.f");
    EXPECT_EQ(read.functions[0].millicores, 1.5);
    EXPECT_EQ(read.functions[0].trouble, "exits with 1");
}

TEST(node_state, may_have_any_bytes_in_what_a_program_said) {
    auto one = state_of("openfaas-fn.f", 0);
    one.trouble = "said \xff\xfe";
    const auto node = node_named("a", {one});
    const auto read = read_node_state(write_node_state(node));
    EXPECT_EQ(read.functions.at(0).trouble, "said \xef\xbf\xbd\xef\xbf\xbd");
}

TEST(node_state, fits_into_a_message_whatever_there_is_to_say) {
    constexpr std::size_t most = 1024 * 1023;
    std::vector<function_state> functions;
    for (int i = 0; i < 10'000; ++i) {
        auto one = state_of("openfaas-fn.f" + std::to_string(i), i % 10 == 0 ? 1 : 0);
        one.starting = one.in_flight = 0;
        functions.push_back(one);
    }
    auto node = node_named("a", functions);
    node.labels = text_map{{"zone", "east"}};
    EXPECT_GT(write_node_state(node).size(), most);
    const auto text = write_node_state(node, most);
    EXPECT_LE(text.size(), most);
    auto read = read_node_state(text);
    EXPECT_EQ(read.functions.size(), 1000U) << "those that run";
    EXPECT_EQ(read.labels, node.labels);

    for (auto& one : node.functions) one.trouble = std::string(10'000, 'x');
    node.functions[0].trouble.clear();
    const auto troubled = write_node_state(node, most);
    EXPECT_LE(troubled.size(), most);
    read = read_node_state(troubled);
    EXPECT_GT(read.functions.size(), 1000U);
    EXPECT_EQ(read.functions[0].key, "openfaas-fn.f0");
    EXPECT_EQ(std::ranges::count(read.functions, 1U, &function_state::ready), 1000) << "these before all others";
    EXPECT_EQ(read.functions[1].trouble.size(), longest_trouble);
    EXPECT_EQ(read_node_state(write_node_state(node, 300)).id, "a") << "it lives";
}

TEST(node_state, that_is_none_is_refused) {
    for (const std::string text : {"", "{}", "[]", "{\"id\":7}"}) {
        try {
            read_node_state(text);
            ADD_FAILURE() << text;
        } catch (const boost::system::system_error& failed) {
            EXPECT_EQ(failed.code(), errc::bad_description) << text;
        }
    }
}

class node_table_test : public test::live_test {
protected:
    static awaitable<void> put(kv::bucket nodes, node_state node) {
        const auto text = write_node_state(node);
        co_await nodes.put(node.id, text);
    }

    static awaitable<void> add_up(nats_server&, jetstream::context js) {
        auto nodes = co_await open_node_bucket(js);
        std::vector<function_state> of_a;
        of_a.push_back(state_of("openfaas-fn.z", 9));  // in no order
        of_a.push_back(state_of("openfaas-fn.f", 2));
        std::vector<function_state> of_b;
        of_b.push_back(state_of("openfaas-fn.f", 3));
        of_b[0].generation = 5;
        of_b[0].trouble = "one of them does not start";
        const auto a = node_named("a", of_a);
        const auto b = node_named("b", of_b);
        co_await put(nodes, a);
        int changes = 0;
        node_table table(js, nodes, [&changes] { ++changes; });
        co_await table.ready(20s);
        EXPECT_EQ(table.alive().size(), 1U);
        co_await put(nodes, b);
        const bool both = co_await eventually([&] { return table.alive().size() == 2; });
        EXPECT_TRUE(both);
        EXPECT_EQ(changes, 2);
        const auto sum = table.of(function_name::parse("f"));
        EXPECT_EQ(sum.key, "openfaas-fn.f");
        EXPECT_EQ(sum.ready, 5U);
        EXPECT_EQ(sum.starting, 2U);
        EXPECT_EQ(sum.in_flight, 6U);
        EXPECT_EQ(sum.calls, 200U);
        EXPECT_EQ(sum.millicores, 3);
        EXPECT_EQ(sum.memory, 8192);
        EXPECT_EQ(sum.cpu_seconds, 5.0);
        EXPECT_EQ(sum.generation, 5U);
        EXPECT_EQ(sum.trouble, "one of them does not start");
        EXPECT_EQ(table.of(function_name::parse("z")).ready, 9U);
        EXPECT_EQ(table.of(function_name::parse("f.dev")).ready, 0U);

        co_await nodes.del("a");  // it takes leave
        const bool gone = co_await eventually([&] { return table.alive().size() == 1; });
        EXPECT_TRUE(gone);
        EXPECT_EQ(table.of(function_name::parse("f")).ready, 3U);
        co_await nodes.put("b", "of another version");
        const bool unknown = co_await eventually([&] { return table.alive().empty(); });
        EXPECT_TRUE(unknown);
        co_await table.stop();
    }
};

TEST_F(node_table_test, adds_up_what_all_nodes_say_of_a_function) { with_jetstream(add_up); }

TEST_F(node_table_test, knows_whether_any_node_meets_constraints) {
    with_jetstream([](nats_server&, jetstream::context js) -> awaitable<void> {
        auto nodes = co_await open_node_bucket(js);
        node_table table(js, nodes);
        co_await table.ready(20s);
        deployment wanted;
        EXPECT_FALSE(table.is_unplaceable(wanted));
        wanted.constraints = std::vector<std::string>(1, "disk==ssd");
        EXPECT_FALSE(table.is_unplaceable(wanted)) << "there is no node at all, which is another trouble";
        auto labelled = node_named("a", std::vector<function_state>());
        labelled.labels = text_map();
        co_await put(nodes, labelled);
        const bool none = co_await eventually([&] { return table.is_unplaceable(wanted); });
        EXPECT_TRUE(none);
        EXPECT_FALSE(table.is_unplaceable(deployment()));
        labelled.labels->emplace("disk", "ssd");
        co_await put(nodes, labelled);
        const bool one = co_await eventually([&] { return !table.is_unplaceable(wanted); });
        EXPECT_TRUE(one);
        co_await nodes.del("a");
        const auto older = node_named("b", std::vector<function_state>());
        co_await put(nodes, older);
        const bool came = co_await eventually([&] { return table.alive().size() == 1 && table.alive()[0]->id == "b"; });
        EXPECT_TRUE(came);
        EXPECT_FALSE(table.is_unplaceable(wanted)) << "one that does not know constraints runs everything";
        co_await table.stop();
    });
}

}  // namespace
}  // namespace mote::functions
