// Who is there and who asks whom, and the forms in which `mote graph` prints it.

#include <apps/mote/look/graph.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <algorithm>

namespace mote::test {
namespace {

using command::add_streams;
using command::graph_of;
using command::service_graph;
using command::subjects_overlap;

micro::endpoint_info endpoint(const std::string& name, const std::string& subject, micro::metadata metadata = {}) {
    return {name, subject, "q", std::move(metadata)};
}

micro::service_info instance(const std::string& name, const std::string& id,
                             std::vector<micro::endpoint_info> endpoints) {
    micro::service_info made;
    made.name = name;
    made.id = id;
    made.version = "1.0.0";
    made.endpoints = std::move(endpoints);
    return made;
}

micro::service_stats asked(const std::string& name, const std::string& id, const std::string& endpoint_name,
                           std::uint64_t requests, std::map<std::string, std::uint64_t, std::less<>> callers) {
    micro::endpoint_stats one;
    one.name = endpoint_name;
    one.requests = requests;
    one.callers = std::move(callers);
    micro::service_stats made;
    made.name = name;
    made.id = id;
    made.endpoints.push_back(one);
    return made;
}

jetstream::stream_info stream(const std::string& name, std::vector<std::string> subjects, std::uint64_t messages = 0) {
    jetstream::stream_info made;
    made.config.name = name;
    made.config.subjects = std::move(subjects);
    made.state.messages = messages;
    return made;
}

/// Web asks Orders, Orders asks Stock, work is kept in Orders_bill, all orders in AUDIT.
service_graph shop() {
    const micro::metadata work{{"mote.kind", "work"}, {"mote.stream", "Orders_bill"}};
    auto graph = graph_of(
        {instance("Stock", "s1", {endpoint("count", "stock.count")}),
         instance("Orders", "o2", {endpoint("new", "orders.new"), endpoint("bill", "orders.bill", work)}),
         instance("Orders", "o1", {endpoint("new", "orders.new"), endpoint("bill", "orders.bill", work)}),
         instance("Alone", "a1", {endpoint("echo", "echo")})},
        {asked("Orders", "o1", "new", 7, {{"Web", 3}}), asked("Orders", "o2", "new", 5, {{"Web", 2}, {"*", 1}}),
         asked("Stock", "s1", "count", 12, {{"Orders", 12}})});
    const auto wanted = add_streams(graph, {stream("Orders_bill", {"orders.bill"}, 4),
                                            stream("AUDIT", {"orders.*"}, 20), stream("KV_other", {"$KV.other.>"})});
    EXPECT_EQ(wanted, (std::vector<std::string>{"AUDIT", "Orders_bill"}))
        << "only those that have to do with endpoints";
    jetstream::consumer_info consumer;
    consumer.pending = 3;
    consumer.ack_pending = 1;
    graph.streams["Orders_bill"].consumers["Orders_bill"] = consumer;
    return graph;
}

TEST(a_graph_of_services, has_the_same_order_whoever_answers_first) {
    const auto graph = shop();
    std::vector<micro::service_info> infos{instance("B", "2", {endpoint("y", "y"), endpoint("x", "x")}),
                                           instance("A", "1", {endpoint("e", "e")}),
                                           instance("B", "1", {endpoint("x", "x")})};
    const auto one = command::graph_text(graph_of(infos, {}), {});
    std::ranges::reverse(infos);
    EXPECT_EQ(command::graph_text(graph_of(infos, {}), {}), one);
    EXPECT_EQ(command::graph_text(graph, {}), command::graph_text(shop(), {}));
}

TEST(a_graph_of_services, is_a_text) {
    EXPECT_EQ(command::graph_text(shop(), {}),
              "Alone 1.0.0, 1 instance\n"
              "  instances    a1\n"
              "  echo\n"
              "    subject      echo\n"
              "    queue group  q\n"
              "Orders 1.0.0, 2 instances\n"
              "  instances    o1, o2\n"
              "  asks         Stock/count\n"
              "  bill (work)\n"
              "    subject      orders.bill\n"
              "    queue group  q\n"
              "    stream       Orders_bill (4 messages), consumer Orders_bill (3 pending, 1 in work)\n"
              "    kept by      AUDIT\n"
              "  new\n"
              "    subject      orders.new\n"
              "    queue group  q\n"
              "    kept by      AUDIT\n"
              "    asked by     others 1, Web (not here) 5\n"
              "Stock 1.0.0, 1 instance\n"
              "  instances    s1\n"
              "  count\n"
              "    subject      stock.count\n"
              "    queue group  q\n"
              "    asked by     Orders 12\n"
              "Streams\n"
              "  AUDIT\n"
              "    subjects     orders.*\n"
              "    messages     20\n"
              "  Orders_bill\n"
              "    subjects     orders.bill\n"
              "    messages     4\n"
              "    consumer     Orders_bill, 3 pending, 1 in work\n");
}

TEST(a_graph_of_services, is_a_flowchart_of_mermaid) {
    EXPECT_EQ(command::graph_mermaid(shop()),
              "flowchart LR\n"
              "  subgraph s0[\"Alone 1.0.0, 1 instance\"]\n"
              "    s0e0[\"echo<br/>echo<br/>queue group q\"]\n"
              "  end\n"
              "  subgraph s1[\"Orders 1.0.0, 2 instances\"]\n"
              "    s1e0[\"bill<br/>orders.bill<br/>queue group q\"]\n"
              "    s1e1[\"new<br/>orders.new<br/>queue group q\"]\n"
              "  end\n"
              "  subgraph s2[\"Stock 1.0.0, 1 instance\"]\n"
              "    s2e0[\"count<br/>stock.count<br/>queue group q\"]\n"
              "  end\n"
              "  t0[(\"AUDIT<br/>orders.*<br/>20 messages\")]\n"
              "  t1[(\"Orders_bill<br/>orders.bill<br/>4 messages\")]\n"
              "  x0([\"others\"])\n"
              "  x1([\"Web\"])\n"
              "  t1 -->|\"Orders_bill\"| s1e0\n"
              "  s1e0 -.->|\"kept by\"| t0\n"
              "  s1e1 -.->|\"kept by\"| t0\n"
              "  x0 ==>|\"1\"| s1e1\n"
              "  x1 ==>|\"5\"| s1e1\n"
              "  s1 ==>|\"12\"| s2e0\n");
}

TEST(a_graph_of_services, is_one_of_graphviz) {
    const std::string dot = command::graph_dot(shop());
    EXPECT_EQ(dot.substr(0, 61), "digraph services {\n  rankdir=LR;\n  node [shape=box];\n  subgra");
    for (const char* const part :
         {"  subgraph cluster_s1 {\n    label=\"Orders 1.0.0, 2 instances\";\n    s1 [label=\"Orders\" "
          "shape=component];\n",
          "    s1e0 [label=\"bill\\norders.bill\\nqueue group q\"];\n",
          "  t1 [label=\"Orders_bill\\norders.bill\\n4 messages\" shape=cylinder];\n",
          "  x1 [label=\"Web\" shape=ellipse];\n", "  t1 -> s1e0 [label=\"Orders_bill\"];\n",
          "  s1e1 -> t0 [label=\"kept by\" style=dashed];\n", "  s1 -> s2e0 [label=\"12\" style=bold];\n"})
        EXPECT_NE(dot.find(part), std::string::npos) << part << "is not in\n" << dot;
    EXPECT_TRUE(dot.ends_with("}\n"));
}

TEST(a_graph_of_services, is_a_document_of_json) {
    const auto document = boost::json::parse(command::graph_json(shop()));
    const auto& services = document.at("services").as_array();
    ASSERT_EQ(services.size(), 3U);
    EXPECT_EQ(services[1].at("name"), "Orders");
    EXPECT_EQ(services[1].at("instances"), boost::json::parse(R"(["o1","o2"])"));
    EXPECT_EQ(services[1].at("endpoints").at(0),
              boost::json::parse(
                  R"({"name":"bill","subject":"orders.bill","queue_group":"q","kind":"work","instances":["o1","o2"],
                  "requests":0,"stream":"Orders_bill","consumer":"Orders_bill","kept_by":["AUDIT"]})"));
    EXPECT_EQ(document.at("calls"),
              boost::json::parse(R"([{"from":"*","service":"Orders","endpoint":"new","requests":1},
                  {"from":"Web","service":"Orders","endpoint":"new","requests":5},
                  {"from":"Orders","service":"Stock","endpoint":"count","requests":12}])"));
    EXPECT_EQ(document.at("streams").at(1),
              boost::json::parse(R"({"name":"Orders_bill","known":true,"subjects":["orders.bill"],"messages":4,
                  "consumers":[{"name":"Orders_bill","filter_subjects":[],"pending":3,"ack_pending":1}]})"));
}

TEST(a_graph_of_services, may_be_that_of_one_with_its_neighbours) {
    const auto part = shop().around("Stock");
    EXPECT_EQ(part.services.size(), 2U);
    EXPECT_TRUE(part.services.contains("Orders")) << "it asks Stock";
    EXPECT_TRUE(part.strangers().empty()) << "who asks Orders is not of interest";
    EXPECT_TRUE(part.streams.contains("Orders_bill"));
    const auto alone = shop().around("Alone");
    EXPECT_EQ(alone.services.size(), 1U);
    EXPECT_TRUE(alone.streams.empty());
}

TEST(a_graph_of_services, shows_a_stream_that_only_metadata_knows) {
    const auto graph = graph_of(
        {instance("Orders", "o1", {endpoint("bill", "b", {{"mote.kind", "work"}, {"mote.stream", "W"}})})}, {});
    EXPECT_NE(command::graph_text(graph, {}).find("    stream       W\n"), std::string::npos);
    EXPECT_NE(command::graph_text(graph, {}).find("  W\n    state        not known\n"), std::string::npos);
}

TEST(a_graph_of_services, cannot_be_broken_by_what_services_say) {
    const std::string evil = "\"]\x1b[2J<script>`#&\\\n";
    const auto graph = graph_of({instance(evil, evil, {endpoint(evil, evil, {{"mote.stream", evil}})})},
                                {asked(evil, evil, evil, 1, {{evil, 1}})});
    for (const auto& text : {command::graph_text(graph, {}), command::graph_mermaid(graph), command::graph_dot(graph),
                             command::graph_json(graph)})
        EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(command::graph_mermaid(graph).find("<script>"), std::string::npos);
    EXPECT_EQ(command::graph_mermaid(graph).find("\"]\\"), std::string::npos);
    EXPECT_NE(command::graph_dot(graph).find(R"(label="\"]\\x1b[2J<script>`#&\\\\n)"), std::string::npos)
        << command::graph_dot(graph);
    EXPECT_EQ(boost::json::parse(command::graph_json(graph)).at("services").at(0).at("name"), boost::json::value(evil));
}

TEST(subjects, overlap_when_one_subject_can_be_both) {
    EXPECT_TRUE(subjects_overlap("a.b", "a.b"));
    EXPECT_TRUE(subjects_overlap("a.*", "a.b"));
    EXPECT_TRUE(subjects_overlap("a.>", "*.b.c"));
    EXPECT_TRUE(subjects_overlap(">", "a"));
    EXPECT_TRUE(subjects_overlap("*.b", "a.*"));
    EXPECT_FALSE(subjects_overlap("a.b", "a.c"));
    EXPECT_FALSE(subjects_overlap("a", "a.b"));
    EXPECT_FALSE(subjects_overlap("a.*", "a"));
    EXPECT_FALSE(subjects_overlap("a.>", "a")) << "`>` is one token or more";
}

}  // namespace
}  // namespace mote::test
