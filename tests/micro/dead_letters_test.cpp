// Dead letters: what there is to see of work that nobody could do, and what can be done with it.

#include <mote/micro/dead_letters.hpp>

#include <mote/micro/service.hpp>
#include <mote/micro/work.hpp>
#include <tests/jetstream/live_test.hpp>

#include <algorithm>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using asio::awaitable;
using jetstream::context;
using micro::dead_letters;

class micro_dead_letters : public live_test {};

awaitable<void> make_streams(context js) {
    jetstream::stream_config letters;
    letters.name = "mote_dead";
    letters.subjects = {"mote.dead.>"};
    letters.allow_direct = true;
    co_await js.create_stream(letters);
    jetstream::stream_config work;
    work.name = "WORK";
    work.subjects = {"jobs.>"};
    work.allow_direct = true;
    co_await js.create_stream(work);
}

/// As a work endpoint writes it, of work on `subject`.
jetstream::publish_options letter_of(std::string_view subject) {
    jetstream::publish_options opts;
    opts.headers = {{"X-Kept", "one"},
                    {"X-Kept", "two"},
                    {"Nats-Msg-Id", "WORK:7"},
                    {"Mote-Dead-Reason", "500:out of paper"},
                    {"Mote-Dead-Tries", "5"},
                    {"Mote-Dead-Subject", subject},
                    {"Mote-Dead-Stream", "WORK"},
                    {"Mote-Dead-Sequence", "7"},
                    {"Mote-Dead-Msg-Id", "order-7"}};
    return opts;
}

awaitable<void> put_letter(context js, std::string owner, std::string payload, std::string subject = "jobs.do") {
    auto opts = letter_of(subject);
    opts.headers.remove("Nats-Msg-Id");  // so that each is one of its own
    co_await js.publish("mote.dead." + owner, payload, opts);
}

/// Letters 1 to 4, of two services.
awaitable<void> put_four(context js) {
    co_await make_streams(js);
    co_await put_letter(js, "Orders.print", "a");
    co_await put_letter(js, "Orders.ship", "bb");
    co_await put_letter(js, "Billing.print", "ccc");
    co_await put_letter(js, "Orders.print", "dddd");
}

/// Like "1 2 4".
std::string sequences_of(const std::vector<micro::dead_letter>& letters) {
    std::string text;
    for (const auto& each : letters) text += (text.empty() ? "" : " ") + std::to_string(each.sequence);
    return text;
}

micro::dead_letter_filter of(std::string service, std::string endpoint = {}) {
    micro::dead_letter_filter filter;
    filter.service = std::move(service);
    filter.endpoint = std::move(endpoint);
    return filter;
}

awaitable<std::uint64_t> messages_in(context js, std::string stream) {
    const auto info = co_await js.stream(stream);
    co_return info.state.messages;
}

awaitable<std::string> listed(dead_letters letters, micro::dead_letter_filter filter = micro::dead_letter_filter()) {
    const auto found = co_await letters.list(filter);
    co_return sequences_of(found);
}

// ---- looking

TEST_F(micro_dead_letters, are_none_where_the_stream_is_not_there) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        const dead_letters letters(js.connection());
        EXPECT_TRUE((co_await letters.list()).empty());
        EXPECT_FALSE(co_await letters.get(1));
        EXPECT_FALSE(co_await letters.retry(1));
        EXPECT_FALSE(co_await letters.drop(1));
        EXPECT_EQ((co_await letters.retry_all()).retried, 0u);
        EXPECT_EQ(co_await letters.drop_all(), 0u);
    });
}

TEST_F(micro_dead_letters, without_jetstream_are_not_enabled) {
    with_jetstream(
        [](nats_server&, context js) -> awaitable<void> {
            const dead_letters letters(js);
            EXPECT_EQ((co_await failure_of(letters.list())).code, jetstream::errc::not_enabled);
            EXPECT_EQ((co_await failure_of(letters.get(1))).code, jetstream::errc::not_enabled);
            EXPECT_EQ((co_await failure_of(letters.retry(1))).code, jetstream::errc::not_enabled);
            EXPECT_EQ((co_await failure_of(letters.drop(1))).code, jetstream::errc::not_enabled);
            EXPECT_EQ((co_await failure_of(letters.retry_all())).code, jetstream::errc::not_enabled);
            EXPECT_EQ((co_await failure_of(letters.drop_all())).code, jetstream::errc::not_enabled);
        },
        core_only());
}

TEST_F(micro_dead_letters, tell_whose_work_it_was_why_it_failed_and_what_it_was) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_streams(js);
        co_await js.publish("mote.dead.Orders.print", std::string("\0\xff", 2), letter_of("jobs.do"));
        const dead_letters letters(js);
        const auto list = co_await letters.list();
        const auto one = co_await letters.get(1);
        EXPECT_EQ(list.size(), 1u);
        EXPECT_TRUE(one);
        if (list.size() != 1 || !one) co_return;
        for (const auto& letter : {list.front(), *one}) {
            EXPECT_EQ(letter.sequence, 1u);
            EXPECT_EQ(letter.service, "Orders");
            EXPECT_EQ(letter.endpoint, "print");
            EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - letter.time), 1min);
            EXPECT_EQ(letter.reason, "500:out of paper");
            EXPECT_EQ(letter.tries, 5u);
            EXPECT_EQ(letter.subject, "jobs.do");
            EXPECT_EQ(letter.stream, "WORK");
            EXPECT_EQ(letter.stream_sequence, 7u);
            EXPECT_EQ(letter.message_id, "order-7");
            EXPECT_EQ(letter.headers.lines(), "X-Kept: one\r\nX-Kept: two\r\n");
            EXPECT_EQ(letter.size, 2u);
        }
        EXPECT_EQ(list.front().payload, "") << "a list has no payloads";
        EXPECT_EQ(one->payload, std::string_view("\0\xff", 2));
        EXPECT_FALSE(co_await letters.get(2));
        EXPECT_FALSE(co_await letters.get(0));
    });
}

TEST_F(micro_dead_letters, that_are_not_as_we_write_them_are_shown_as_what_they_are) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_streams(js);
        co_await js.publish("mote.dead.Orders.print.more", "no letter at all");
        auto odd = letter_of("jobs.*");
        odd.headers.set("Mote-Dead-Tries", "5 or so").set("Mote-Dead-Sequence", "-7");
        odd.headers.set("Nats-Msg-Size", "1");
        co_await js.publish("mote.dead.Orders", "1234", odd);
        const dead_letters letters(js);
        const auto list = co_await letters.list();
        EXPECT_EQ(sequences_of(list), "1 2");
        if (list.size() != 2) co_return;
        for (const auto& each : list) {
            EXPECT_EQ(each.service, "");
            EXPECT_EQ(each.endpoint, "");
            EXPECT_EQ(each.subject, "") << "nobody could have published there";
            EXPECT_FALSE(each.tries);
            EXPECT_FALSE(each.stream_sequence);
        }
        EXPECT_EQ(list[0].reason, "");
        EXPECT_EQ(list[0].size, 16u);
        EXPECT_EQ(list[1].reason, "500:out of paper");
        EXPECT_EQ(list[1].size, 4u);
        const auto one = co_await letters.get(1);
        EXPECT_TRUE(one);
        if (!one) co_return;
        EXPECT_EQ(one->payload, "no letter at all");
    });
}

TEST_F(micro_dead_letters, are_listed_by_service_and_endpoint) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await put_four(js);
        const dead_letters letters(js);
        EXPECT_EQ(co_await listed(letters), "1 2 3 4");
        EXPECT_EQ(co_await listed(letters, of("Orders")), "1 2 4");
        EXPECT_EQ(co_await listed(letters, of("Orders", "print")), "1 4");
        EXPECT_EQ(co_await listed(letters, of("", "print")), "1 3 4");
        EXPECT_EQ(co_await listed(letters, of("Nobody")), "");
        for (const std::string bad : {"a.b", "*", ">", "a b"}) {
            EXPECT_EQ(failure_at_once([&] { (void)letters.list(of(bad)); }).code, micro::errc::bad_name) << bad;
            EXPECT_EQ(failure_at_once([&] { (void)letters.drop_all(of("", bad)); }).code, micro::errc::bad_name);
        }
    });
}

TEST_F(micro_dead_letters, are_listed_page_by_page) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await put_four(js);
        const dead_letters letters(js);
        micro::dead_letter_page page;
        page.limit = 2;
        EXPECT_EQ(sequences_of(co_await letters.list(of("Orders"), page)), "1 2");
        page.from = 3;
        EXPECT_EQ(sequences_of(co_await letters.list(of("Orders"), page)), "4");
        page.from = 5;
        EXPECT_TRUE((co_await letters.list(of("Orders"), page)).empty());
        page.from = 0;
        page.limit = 0;
        EXPECT_EQ((co_await letters.list(of("Orders"), page)).size(), 1u) << "at least one";
        co_await expect_consumers(js, "mote_dead", 0);
    });
}

// ---- trying again

TEST_F(micro_dead_letters, that_are_retried_go_where_they_were_published_as_they_were) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_streams(js);
        co_await js.publish("mote.dead.Orders.print", std::string("\0\xff", 2), letter_of("jobs.do"));
        const dead_letters letters(js);
        const auto ack = co_await letters.retry(1);
        EXPECT_TRUE(ack);
        if (!ack) co_return;
        EXPECT_EQ(ack->stream, "WORK");
        EXPECT_EQ(ack->sequence, 1u);
        EXPECT_FALSE(ack->duplicate);
        EXPECT_FALSE(co_await letters.get(1)) << "it is no dead letter any more";

        const auto again = co_await js.message("WORK", 1);
        EXPECT_TRUE(again);
        if (!again) co_return;
        EXPECT_EQ(again->subject, "jobs.do");
        EXPECT_EQ(again->message.payload(), std::string_view("\0\xff", 2));
        const auto& headers = again->message.headers();
        EXPECT_EQ(headers.get_all("X-Kept"), (std::vector<std::string_view>{"one", "two"}));
        EXPECT_EQ(headers.get_all("Nats-Msg-Id").size(), 1u);
        EXPECT_TRUE(headers.get("Nats-Msg-Id").value_or("").starts_with("dead:1:"));
        for (const auto& field : headers) EXPECT_FALSE(field.name.starts_with("Mote-Dead-")) << field.name;
        EXPECT_FALSE(co_await letters.retry(1)) << "once";
    });
}

TEST_F(micro_dead_letters, are_retried_once_also_when_their_removal_was_lost) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_streams(js);
        co_await put_letter(js, "Orders.print", "a");
        const dead_letters letters(js);
        // What a retry that ended between its two steps leaves behind.
        const auto letter = co_await letters.get(1);
        EXPECT_TRUE(letter);
        if (!letter) co_return;
        jetstream::publish_options first;
        const auto time = std::chrono::duration_cast<std::chrono::nanoseconds>(letter->time.time_since_epoch());
        first.message_id = "dead:1:" + std::to_string(time.count());
        co_await js.publish("jobs.do", "a", first);

        const auto ack = co_await letters.retry(1);
        EXPECT_TRUE(ack);
        if (!ack) co_return;
        EXPECT_TRUE(ack->duplicate);
        EXPECT_FALSE(co_await letters.get(1));
        EXPECT_EQ(co_await messages_in(js, "WORK"), 1u);
    });
}

TEST_F(micro_dead_letters, stay_when_no_stream_takes_them) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_streams(js);
        co_await put_letter(js, "Orders.print", "a", "elsewhere.do");
        co_await js.publish("mote.dead.Orders.print", "no letter");
        const dead_letters letters(js);
        EXPECT_EQ((co_await failure_of(letters.retry(1))).code, jetstream::errc::no_stream_response);
        const auto untold = co_await failure_of(letters.retry(2));
        EXPECT_EQ(untold.code, nats::errc::bad_subject);
        EXPECT_TRUE(contains(untold.text, "dead letter 2")) << untold.text;
        EXPECT_EQ(co_await listed(letters), "1 2");
    });
}

TEST_F(micro_dead_letters, stay_when_the_stream_is_full) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await make_streams(js);
        jetstream::stream_config full;
        full.name = "FULL";
        full.subjects = {"full.>"};
        full.max_messages = 1;
        full.discard = jetstream::discard_policy::new_messages;
        co_await js.create_stream(full);
        co_await js.publish("full.do", "waits");
        co_await put_letter(js, "Orders.print", "a", "full.do");
        const dead_letters letters(js);
        const auto refused = co_await failure_of(letters.retry(1));
        EXPECT_EQ(refused.code.category(), jetstream::jetstream_category()) << refused.text;
        EXPECT_TRUE(co_await letters.get(1));
    });
}

TEST_F(micro_dead_letters, are_retried_all_but_those_that_cannot_be) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await put_four(js);
        co_await put_letter(js, "Orders.print", "e", "elsewhere.do");
        co_await put_letter(js, "Orders.print", "f", "elsewhere.do");
        co_await put_letter(js, "Orders.print", "g");
        const dead_letters letters(js);
        const auto counts = co_await letters.retry_all(of("Orders"));
        EXPECT_EQ(counts.retried, 4u);
        EXPECT_EQ(counts.failed, 2u);
        EXPECT_TRUE(counts.first_failure.starts_with("5: ")) << counts.first_failure;
        EXPECT_TRUE(contains(counts.first_failure, "elsewhere.do")) << counts.first_failure;
        EXPECT_EQ(co_await listed(letters), "3 5 6");
        EXPECT_EQ(co_await messages_in(js, "WORK"), 4u);
        const auto none = co_await letters.retry_all(of("Nobody"));
        EXPECT_EQ(none.retried + none.failed, 0u);
        EXPECT_EQ(none.first_failure, "");
    });
}

// ---- throwing away

TEST_F(micro_dead_letters, are_dropped_one_by_one_or_by_their_service_and_endpoint) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        co_await put_four(js);
        const dead_letters letters(js);
        EXPECT_TRUE(co_await letters.drop(2));
        EXPECT_FALSE(co_await letters.drop(2));
        EXPECT_FALSE(co_await letters.drop(0));
        EXPECT_FALSE(co_await letters.drop(9));
        EXPECT_EQ(co_await listed(letters), "1 3 4");
        EXPECT_EQ(co_await letters.drop_all(of("Nobody")), 0u);
        EXPECT_EQ(co_await letters.drop_all(of("Orders", "print")), 2u);
        EXPECT_EQ(co_await listed(letters), "3");
        EXPECT_EQ(co_await letters.drop_all(), 1u);
        EXPECT_EQ(co_await listed(letters), "");
        EXPECT_EQ(co_await messages_in(js, "WORK"), 0u);
    });
}

// ---- with a work endpoint

TEST_F(micro_dead_letters, of_a_work_endpoint_are_done_once_it_can) {
    with_jetstream([](nats_server&, context js) -> awaitable<void> {
        bool has_paper = false;
        std::vector<std::string> printed;
        micro::service_config config;
        config.name = "Orders";
        config.version = "1.0.0";
        micro::service service(config);
        micro::work_options opts;
        opts.subject = "orders.print";
        service.work("print", opts, [&](micro::event& job) {
            if (!has_paper) throw micro::give_up("out of paper");
            printed.emplace_back(job.data());
        });
        co_await service.start(js.connection());
        jetstream::publish_options named;
        named.message_id = "order-1";
        co_await js.publish("orders.print", "one", named);
        co_await js.publish("orders.print", "two");
        const auto dead = [&] { return service.stats().endpoints.at(0).dead; };
        EXPECT_TRUE(co_await eventually([&] { return dead() == 2; }));

        const dead_letters letters(js);
        const auto list = co_await letters.list(of("Orders", "print"));
        EXPECT_EQ(list.size(), 2u);
        if (list.size() != 2) co_return;
        EXPECT_EQ(list[0].reason, "out of paper");
        EXPECT_EQ(list[0].tries, 1u);
        EXPECT_EQ(list[0].subject, "orders.print");
        EXPECT_EQ(list[0].stream, "Orders_print");
        EXPECT_EQ(list[0].message_id, "order-1");
        EXPECT_EQ(list[1].message_id, "");

        EXPECT_EQ((co_await letters.retry_all()).retried, 2u) << "those that die again meanwhile are not retried again";
        EXPECT_TRUE(co_await eventually([&] { return dead() == 4; })) << "as other letters";
        EXPECT_EQ(co_await listed(letters), "3 4");
        has_paper = true;
        EXPECT_EQ((co_await letters.retry_all()).retried, 2u);
        EXPECT_TRUE(co_await eventually([&] { return printed.size() == 2; }));
        std::sort(printed.begin(), printed.end());
        EXPECT_EQ(printed, (std::vector<std::string>{"one", "two"}));
        EXPECT_TRUE((co_await letters.list()).empty());
        co_await service.stop();
    });
}

}  // namespace
}  // namespace mote::test
