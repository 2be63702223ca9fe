// `mote dead`: what it shows of dead letters, and what it does with them.

#include <tests/mote/command.hpp>
#include <tests/nats/live.hpp>

#include <mote/jetstream/context.hpp>

#include <boost/json/object.hpp>

namespace mote::test {
namespace {

using rows = std::vector<std::vector<std::string>>;
using jetstream::context;

/// A letter as a work endpoint writes it.
asio::awaitable<void> put_letter(context js, std::string owner, std::string payload, std::string subject) {
    jetstream::publish_options opts;
    opts.headers = {{"X-Trace", "on"},
                    {"Mote-Dead-Reason", "500:out of paper"},
                    {"Mote-Dead-Tries", "5"},
                    {"Mote-Dead-Subject", subject},
                    {"Mote-Dead-Stream", "WORK"},
                    {"Mote-Dead-Sequence", "7"},
                    {"Mote-Dead-Msg-Id", "order-7"}};
    co_await js.publish("mote.dead." + owner, payload, opts);
}

asio::awaitable<void> put_four(const nats_server& server) {
    auto connection = co_await connect_to(server);
    const context js(connection);
    jetstream::stream_config letters;
    letters.name = "mote_dead";
    letters.subjects = {"mote.dead.>"};
    letters.allow_direct = true;
    co_await js.create_stream(letters);
    jetstream::stream_config work;
    work.name = "WORK";
    work.subjects = {"jobs.>"};
    co_await js.create_stream(work);
    co_await put_letter(js, "Orders.print", "one\ntwo\x1b\n", "jobs.print");
    co_await put_letter(js, "Orders.ship", "\xff", "jobs.ship");
    co_await put_letter(js, "Billing.print", "3", "elsewhere.print");
    co_await js.publish("mote.dead.what", "no letter");
    connection.close();
}

asio::awaitable<void> count_messages(const nats_server& server, std::uint64_t* count) {
    auto connection = co_await connect_to(server);
    const auto info = co_await context(connection).stream("WORK");
    *count = info.state.messages;
    connection.close();
}

class mote_dead : public command_live {
protected:
    void put_letters() const { run(put_four(*server)); }
    std::uint64_t work() const {
        std::uint64_t count = 0;
        run(count_messages(*server, &count));
        return count;
    }
    /// The numbers of the letters, like "1 2 4".
    std::string left(std::vector<std::string> whose = {}) const {
        whose.insert(whose.begin(), {"dead", "ls", "--json"});
        std::string text;
        for (const auto& each : parse_array(mote(whose).out))
            text += (text.empty() ? "" : " ") + std::to_string(each.at("sequence").to_number<int>());
        return text;
    }
    static boost::json::object object_in(const std::string& text) { return boost::json::parse(text).as_object(); }
};

TEST_F(mote_dead, are_none_on_a_server_that_never_had_any) {
    const auto list = mote({"dead", "ls"});
    EXPECT_EQ(list.exit_code, 0);
    EXPECT_EQ(list.out, "");
    EXPECT_EQ(list.err, "no dead letters\n");
    EXPECT_EQ(mote({"dead", "ls", "Orders", "print"}).err, "no dead letters of Orders print\n");
    EXPECT_EQ(mote({"dead", "ls", "--json"}).out, "[]\n");
    EXPECT_EQ(mote({"dead", "show", "1"}).exit_code, 5);
    EXPECT_EQ(mote({"dead", "retry", "1"}).exit_code, 5);
    EXPECT_EQ(mote({"dead", "drop", "1"}).exit_code, 5);
    EXPECT_EQ(mote({"dead", "retry", "--all"}).err, "0 dead letters retried\n");
    EXPECT_EQ(mote({"dead", "drop", "--all", "--yes"}).err, "0 dead letters dropped\n");
}

TEST_F(mote_dead, are_listed_with_tabs_when_piped) {
    put_letters();
    const auto result = mote({"dead", "ls"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    auto shown = cells(result.out);
    ASSERT_EQ(shown.size(), 5u);
    for (std::size_t at = 1; at < shown.size(); ++at) {
        EXPECT_TRUE(shown[at][1].ends_with("Z")) << shown[at][1];
        shown[at][1].clear();
    }
    EXPECT_EQ(shown, (rows{{"Letter", "Time", "Service", "Endpoint", "Tries", "Bytes", "Subject", "Reason"},
                           {"1", "", "Orders", "print", "5", "9", "jobs.print", "500:out of paper"},
                           {"2", "", "Orders", "ship", "5", "1", "jobs.ship", "500:out of paper"},
                           {"3", "", "Billing", "print", "5", "1", "elsewhere.print", "500:out of paper"},
                           {"4", "", "", "", "", "9", "", ""}}));
    EXPECT_EQ(left({"Orders"}), "1 2");
    EXPECT_EQ(left({"Orders", "print"}), "1");
    EXPECT_EQ(left({"Nobody"}), "");
    EXPECT_EQ(mote({"dead", "ls", "a.b"}).exit_code, 2);
    EXPECT_EQ(mote({"dead", "list"}).out, result.out) << "by its other name";
}

TEST_F(mote_dead, are_listed_page_by_page) {
    put_letters();
    EXPECT_EQ(left({"--limit", "2", "--from", "2"}), "2 3");
    EXPECT_EQ(mote({"dead", "ls", "--limit", "2", "--from", "2"}).err, "there may be more: --from 4\n");
    EXPECT_EQ(mote({"dead", "ls", "--limit", "5"}).err, "");
}

TEST_F(mote_dead, are_a_table_with_their_age_on_a_terminal) {
    put_letters();
    const std::string shown = mote_on_terminal({"dead", "ls"});
    EXPECT_TRUE(has(shown, "\x1b[1mLetter  Age "));
    EXPECT_TRUE(has(shown, "  Orders   print         5      9  jobs.print       500:out of paper\n"));
}

TEST_F(mote_dead, are_shown_one_by_one_with_all_that_they_tell) {
    put_letters();
    const auto result = mote({"dead", "show", "1"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    EXPECT_TRUE(has(result.out, "Letter       1\nService      Orders\nEndpoint     print\nGiven up     2"));
    EXPECT_TRUE(has(result.out,
                    "Z\n"
                    "Reason       500:out of paper\n"
                    "Tries        5\n"
                    "Subject      jobs.print\n"
                    "Stream       WORK\n"
                    "Sequence     7\n"
                    "Message ID   order-7\n"
                    "Headers\n"
                    "  X-Trace      on\n"
                    "Payload, 9 bytes\n"
                    "  one\n"
                    "  two\\x1b\n"));
    EXPECT_TRUE(has(mote({"dead", "show", "2"}).out, "Payload, 1 byte\n  no text; --json has it in base64\n"));
    EXPECT_TRUE(has(mote({"dead", "show", "4"}).out, "Payload, 9 bytes\n  no letter\n"));
    EXPECT_TRUE(has_not(mote({"dead", "show", "4"}).out, "Reason"));
    const auto missing = mote({"dead", "show", "9"});
    EXPECT_EQ(missing.exit_code, 5);
    EXPECT_EQ(missing.out, "");
    EXPECT_TRUE(is_one_line(missing.err, {"no dead letter 9", "mote dead ls"}));
}

TEST_F(mote_dead, are_json_with_their_payload_where_one_is_asked_for) {
    put_letters();
    const auto letters = parse_array(mote({"dead", "ls", "--json"}).out);
    ASSERT_EQ(letters.size(), 4u);
    EXPECT_FALSE(letters[0].as_object().contains("data"));
    EXPECT_FALSE(letters[3].as_object().contains("reason")) << "what is not told is not there";
    for (const auto& letter : {letters[0].as_object(), object_in(mote({"dead", "show", "1", "-j"}).out)}) {
        EXPECT_EQ(text_at(letter, "service"), "Orders");
        EXPECT_EQ(text_at(letter, "endpoint"), "print");
        EXPECT_EQ(text_at(letter, "reason"), "500:out of paper");
        EXPECT_EQ(letter.at("tries").to_number<int>(), 5);
        EXPECT_EQ(text_at(letter, "subject"), "jobs.print");
        EXPECT_EQ(text_at(letter, "stream"), "WORK");
        EXPECT_EQ(letter.at("stream_sequence").to_number<int>(), 7);
        EXPECT_EQ(text_at(letter, "message_id"), "order-7");
        EXPECT_EQ(boost::json::value_to<std::string>(letter.at("headers").at("X-Trace").at(0)), "on");
        EXPECT_EQ(letter.at("size").to_number<int>(), 9);
    }
    EXPECT_EQ(text_at(object_in(mote({"dead", "show", "1", "--json"}).out), "data"), "one\ntwo\x1b\n");
    EXPECT_EQ(text_at(object_in(mote({"dead", "show", "2", "--json"}).out), "data_base64"), "/w==");
}

TEST_F(mote_dead, are_retried_by_their_numbers) {
    put_letters();
    const auto result = mote({"dead", "retry", "1", "2"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "2 dead letters retried\n");
    EXPECT_EQ(left(), "3 4");
    EXPECT_EQ(work(), 2u);
}

TEST_F(mote_dead, that_are_not_there_are_exit_5_and_the_others_are_retried) {
    put_letters();
    const auto result = mote({"dead", "retry", "8", "1", "9", "--json"});
    EXPECT_EQ(result.exit_code, 5);
    EXPECT_EQ(result.out, "{\"retried\":1,\"failed\":0,\"missing\":[8,9]}\n");
    EXPECT_TRUE(is_one_line(result.err, {"no dead letter 8, 9"}));
    EXPECT_EQ(left(), "2 3 4");
}

TEST_F(mote_dead, that_cannot_be_published_stay_and_are_exit_1) {
    put_letters();
    const auto result = mote({"dead", "retry", "3", "1", "4"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_TRUE(has(result.err, "1 dead letter retried\n"));
    EXPECT_TRUE(has(result.err, "mote: not retried, and still there: 2 dead letters; letter 3: elsewhere.print"));
    EXPECT_EQ(left(), "2 3 4");
    const auto all = mote({"dead", "retry", "--all", "--json"});
    EXPECT_EQ(all.exit_code, 1);
    const auto told = object_in(all.out);
    EXPECT_EQ(told.at("retried").to_number<int>(), 1);
    EXPECT_EQ(told.at("failed").to_number<int>(), 2);
    EXPECT_TRUE(text_at(told, "error").starts_with("3: ")) << all.out;
    EXPECT_EQ(left(), "3 4");
}

TEST_F(mote_dead, are_retried_all_of_a_service_and_endpoint) {
    put_letters();
    EXPECT_EQ(mote({"dead", "retry", "--all", "Orders", "print"}).err, "1 dead letter retried\n");
    EXPECT_EQ(left(), "2 3 4");
    EXPECT_EQ(mote({"dead", "retry", "Orders", "--all"}).exit_code, 0);
    EXPECT_EQ(left(), "3 4");
    EXPECT_EQ(work(), 2u);
}

TEST_F(mote_dead, are_dropped_by_their_numbers_or_all_when_that_is_meant) {
    put_letters();
    EXPECT_EQ(mote({"dead", "drop", "2"}).err, "1 dead letter dropped\n");
    const auto twice = mote({"dead", "drop", "2", "1", "--json"});
    EXPECT_EQ(twice.exit_code, 5);
    EXPECT_EQ(twice.out, "{\"dropped\":1,\"failed\":0,\"missing\":[2]}\n");
    EXPECT_EQ(left(), "3 4");
    const auto unsure = mote({"dead", "drop", "--all"});
    EXPECT_EQ(unsure.exit_code, 2);
    EXPECT_TRUE(is_one_line(unsure.err, {"--yes", "`mote dead drop --help`"}));
    EXPECT_EQ(left(), "3 4");
    EXPECT_EQ(mote({"dead", "drop", "--all", "Billing", "--yes"}).err, "1 dead letter dropped\n");
    EXPECT_EQ(left(), "4");
    EXPECT_EQ(mote({"dead", "drop", "--all", "-y"}).err, "1 dead letter dropped\n");
    EXPECT_EQ(left(), "");
    EXPECT_EQ(work(), 0u);
}

TEST_F(mote_dead, without_jetstream_are_one_clear_line) {
    const nats_server bare(core_only());
    for (const std::vector<std::string>& action :
         {std::vector<std::string>{"ls"}, {"show", "1"}, {"retry", "1"}, {"retry", "--all"}, {"drop", "1"}}) {
        auto arguments = action;
        arguments.insert(arguments.begin(), "dead");
        const auto result = mote(arguments, {{"NATS_URL", bare.url()}});
        EXPECT_EQ(result.exit_code, 1) << action.front();
        EXPECT_EQ(result.out, "") << action.front();
        EXPECT_TRUE(is_one_line(result.err, {"no JetStream on 127.0.0.1:", "`mote up`"}));
    }
}

TEST(mote_dead_command_line, explains_a_wrong_use_in_one_line_and_exits_2) {
    const command_environment environment;
    const std::vector<std::vector<std::string>> wrong = {
        {"dead"},
        {"dead", "nonsense"},
        {"dead", "ls", "a", "b", "c"},
        {"dead", "ls", ""},
        {"dead", "ls", "--limit", "0"},
        {"dead", "ls", "--limit", "1001"},
        {"dead", "ls", "--from", "x"},
        {"dead", "show"},
        {"dead", "show", "1", "2"},
        {"dead", "show", "x"},
        {"dead", "show", "0"},
        {"dead", "retry"},
        {"dead", "retry", "-1"},
        {"dead", "retry", "1", "2x"},
        {"dead", "retry", "99999999999999999999"},
        {"dead", "retry", "--all", "a", "b", "c"},
        {"dead", "retry", "--all", ""},
        {"dead", "retry", "--yes", "--all"},
        {"dead", "drop"},
        {"dead", "drop", "--all"},
        {"dead", "drop", "--all", "Orders"},
        {"metrics", "a", "b"},
        {"metrics", "--json"},
    };
    for (const auto& arguments : wrong) {
        const auto result = environment.run(arguments);
        EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments) << result.err;
        EXPECT_TRUE(is_one_line(result.err)) << testing::PrintToString(arguments);
        EXPECT_EQ(result.out, "") << testing::PrintToString(arguments);
    }
    EXPECT_TRUE(is_one_line(environment.run({"dead", "retry", "x"}).err, {"SEQ", "x", "`mote dead retry --help`"}));
}

TEST(mote_dead_command_line, has_help_for_each_action) {
    const command_environment environment;
    const std::map<std::string, std::vector<std::string>> parts = {{"ls", {"SERVICE", "ENDPOINT", "--from", "--limit"}},
                                                                   {"show", {"SEQ", "--json"}},
                                                                   {"retry", {"SEQ", "--all"}},
                                                                   {"drop", {"SEQ", "--all", "--yes"}}};
    for (const auto& [action, wanted] : parts) {
        const auto result = environment.run({"dead", action, "--help"});
        EXPECT_EQ(result.exit_code, 0) << action;
        for (const std::string& part : wanted) EXPECT_TRUE(has(result.out, part)) << action;
    }
    EXPECT_TRUE(has(environment.run({"dead", "--help"}).out, "mote dead retry --all Orders print"));
    EXPECT_TRUE(has(environment.run({"--help"}).out, "metrics"));
}

}  // namespace
}  // namespace mote::test
