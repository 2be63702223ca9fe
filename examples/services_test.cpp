// The examples 02 to 09 do what their comments say, against a real server.

#include <examples/examples_test.hpp>

#include <tests/support/raw_frame.hpp>

namespace mote::test {
namespace {

using strings = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string header(const std::string& name, const std::string& value) {
    return "NATS/1.0\r\n" + name + ": " + value + "\r\n\r\n";
}

TEST_F(examples, typed_takes_and_gives_structs_and_says_what_does_not_fit) {
    const auto shop = start_service("02_typed", "Shop");
    const std::string tea = R"({"name":"tea","price":3,"count":2})";
    EXPECT_TRUE(reply_to("shop.total", R"({"customer":"Ada","items":[)" + tea + "]}")
                    .ends_with("\r\n{\"customer\":\"Ada\",\"total\":6}\r\n"));
    EXPECT_TRUE(reply_to("shop.total", R"({"customer":"Ada","items":[)" + tea + R"(],"discount":1})")
                    .ends_with("\"total\":5}\r\n"));
    const std::string refused = reply_to("shop.total", R"({"customer":"Ada","items":[],"discount":1})");
    EXPECT_TRUE(has(refused, "the discount is larger than the bill") && has(refused, "Error-Code: 422")) << refused;
    const std::string wrong = reply_to("shop.total", R"({"customer":"Ada"})");
    EXPECT_TRUE(has(wrong, "Nats-Service-Error-Code: 400") && has(wrong, "items")) << wrong;
    EXPECT_TRUE(reply_to("shop.price", "tea").ends_with("\r\n3\r\n"));
    EXPECT_TRUE(has(reply_to("shop.price", "cake"), "Nats-Service-Error: there is no cake"));
    EXPECT_TRUE(has(reply_to("$SRV.INFO.Shop"), "mote.request.schema"));
    expect_clean_end(*shop);
}

class work_example : public examples {
protected:
    /// Publishes one order, and says whether a stream keeps it now.
    bool is_kept(const std::string& order) const {
        return has(reply_to("orders.bill", order), R"("Billing_orders_bill")");
    }
    void expect_billed(const std::string& count) const {
        const std::string end = "\r\n" + count + "\r\n";
        const deadline limit{std::chrono::seconds(30)};
        std::string last = reply_to("orders.billed");
        while (!has(last, end) && !limit.passed()) last = reply_to("orders.billed");
        EXPECT_TRUE(has(last, end)) << last;
    }
};

TEST_F(work_example, keeps_what_comes_tries_again_and_buries_what_is_hopeless) {
    {
        const auto billing = start_service("03_work_queue", "Billing");
        const deadline limit{std::chrono::seconds(20)};
        while (!is_kept(R"({"id":"a1","amount":5})") && !limit.passed()) {  // until its stream is made
        }
        expect_billed("1");
        EXPECT_TRUE(has(reply_to("$SRV.STATS.Billing"), R"("redelivered":1,)")) << "the bank was busy";
        expect_clean_end(*billing);
    }
    client->subscribe("mote.dead.>");
    EXPECT_TRUE(is_kept(R"({"id":"a2","amount":7})")) << "while nobody is there";
    EXPECT_TRUE(is_kept(R"({"id":"a3","amount":0})"));
    const auto billing = start_service("03_work_queue", "Billing");
    const std::string letter = client->read_frame(std::chrono::seconds(30));
    EXPECT_TRUE(has(letter, "mote.dead.Billing.bill") && has(letter, "there is nothing to bill")) << letter;
    expect_billed("1");
    expect_clean_end(*billing);
}

TEST_F(examples, middleware_guards_limits_and_notes) {
    EXPECT_EQ(run_example("04_middleware").exit_code, 2) << "without a token";
    process_options options = environment();
    options.env["NOTES_TOKEN"] = "secret";
    const auto notes = start_service("04_middleware", "Notes", options);
    const std::string token = header("Authorization", "Bearer secret");

    EXPECT_TRUE(has(reply_to("notes.write", "hello"), "Nats-Service-Error-Code: 401"));
    EXPECT_TRUE(reply_to("notes.write", "hello", token).ends_with("\r\n0\r\n"));
    EXPECT_TRUE(has(reply_to("notes.write", std::string(101, 'x'), token), "a note has at most 100 bytes"));
    EXPECT_TRUE(reply_to("notes.read", "0", token).ends_with("\r\nhello\r\n"));
    EXPECT_TRUE(has(reply_to("notes.read", "1", token), "Nats-Service-Error-Code: 404"));
    EXPECT_TRUE(has(reply_to("notes.read", "x", token), "there is no such note"));
    const deadline limit{std::chrono::seconds(30)};
    std::string last;
    while (!has(last, "too many requests") && !limit.passed()) last = reply_to("notes.write", "more", token);
    EXPECT_TRUE(has(last, "Nats-Service-Error-Code: 429") && has(last, "Retry-After: ")) << last;

    EXPECT_TRUE(notes->wait_for_output("write: 401\n")) << "the middleware `after`";
    EXPECT_TRUE(notes->wait_for_output("endpoint=write subject=notes.write status=429")) << "the middleware `logging`";
    expect_clean_end(*notes);
}

TEST_F(examples, streaming_sends_all_or_as_many_as_are_wanted) {
    const auto maths = start_service("05_streaming", "Maths");
    expect_output(run_example("05_streaming", {"3"}), {"1: 1", "2: 4", "3: 9", "that were all 3", "1", "4", "9"});
    const auto refused = run_example("05_streaming", {"-1"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_TRUE(has(refused.err, "how many?")) << refused.err;

    const strings frames = client->request("squares", {}, "2", 3);
    ASSERT_EQ(frames.size(), 3U);
    EXPECT_TRUE(frames[1].ends_with("\r\n{\"number\":2,\"value\":4}\r\n")) << frames[1];
    EXPECT_TRUE(has(frames[2], "Mote-Stream-End: 2")) << frames[2];
    expect_clean_end(*maths);
}

TEST_F(examples, client_calls_by_name_and_type) {
    const auto alone = run_example("06_client");
    EXPECT_EQ(alone.exit_code, 1);
    EXPECT_TRUE(has(alone.err, "Shop")) << alone.err;

    const auto shop = start_service("02_typed", "Shop");
    const auto result = run_example("06_client");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_TRUE(result.out.starts_with("the bill is 6\n404: there is no cake\n")) << result.out;
    EXPECT_TRUE(has(result.out, "weight")) << result.out;
}

TEST_F(examples, scatter_gather_asks_every_instance) {
    const auto nobody = run_example("07_scatter_gather");
    EXPECT_EQ(nobody.exit_code, 1);
    EXPECT_TRUE(has(nobody.err, "Echo")) << nobody.err;

    std::vector<std::unique_ptr<process>> echoes;
    for (int i = 0; i < 3; ++i) echoes.push_back(std::make_unique<process>(strings{path_of("01_echo")}, environment()));
    const deadline limit{std::chrono::seconds(20)};
    while (client->request("$SRV.PING.Echo", {}, {}, 3, std::chrono::seconds(1)).size() < 3 && !limit.passed()) {
    }
    const auto result = run_example("07_scatter_gather");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::size_t answers = 0;
    for (auto at = result.out.find(" 1.0.0: hello\n"); at != std::string::npos;
         at = result.out.find(" 1.0.0: hello\n", at + 1))
        ++answers;
    EXPECT_EQ(answers, 3U) << result.out;
    EXPECT_TRUE(result.out.ends_with("3 of 3 answered\nfirst: quick\n")) << result.out;
}

TEST_F(examples, deadlines_and_traces_go_from_service_to_service) {
    const auto trips = start_service("08_deadlines_and_traces", "Trips");
    EXPECT_TRUE(reply_to("trips.plan", "Rome").ends_with("\r\nRome for 400\r\n"));
    EXPECT_TRUE(trips->wait_for_output("Trips/plan begins a trace")) << trips->output();

    const std::string trace = "0af7651916cd43dd8448eb211c80319c";
    reply_to("trips.plan", "Oslo", header("traceparent", "00-" + trace + "-b7ad6b7169203331-01"));
    EXPECT_TRUE(trips->wait_for_output("Fares/price below another span trace " + trace)) << trips->output();
    EXPECT_TRUE(trips->wait_for_output("Trips/plan below another span trace " + trace)) << trips->output();

    client->publish("trips.plan", "Moon", header("Mote-Deadline-Ms", "200"), "nobody.listens");
    const deadline limit{std::chrono::seconds(30)};
    std::string stats;
    for (const std::string service : {"Trips", "Fares"}) {
        while (!has(stats = reply_to("$SRV.STATS." + service), R"("expired":1)") && !limit.passed()) {
        }
        EXPECT_TRUE(has(stats, R"("expired":1)")) << stats;
    }
    expect_clean_end(*trips);
}

TEST_F(examples, testing_needs_no_server_but_its_own) {
    server->stop();
    const auto result = run_example("09_testing");
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_TRUE(has(result.out, "[  PASSED  ] 2 tests.")) << result.out;
}

}  // namespace
}  // namespace mote::test
