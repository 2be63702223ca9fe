// Groups: prefixes of subjects, one inside the other.

#include <tests/micro/world.hpp>

namespace mote::test {
namespace {

const auto subject_back = [](micro::request& req) { req.respond(req.subject()); };

std::string subject_of(const micro::service& service, std::size_t index = 0) {
    return service.info().endpoints.at(index).subject;
}

micro::service plain_service() {
    micro::service_config config;
    config.name = "S";
    config.version = "1.0.0";
    return micro::service(config);
}

TEST(micro_group, puts_its_name_before_the_subject_and_not_before_the_name) {
    auto service = plain_service();
    service.group("g1").endpoint("plain", subject_back);
    EXPECT_EQ(subject_of(service), "g1.plain");
    EXPECT_EQ(service.info().endpoints.at(0).name, "plain");
}

TEST(micro_group, nests_to_any_depth) {
    auto service = plain_service();
    micro::endpoint_options opts;
    opts.subject = "deep.*.x";
    service.group("g1").group("sub").group("a.b").endpoint("deep", subject_back, opts);
    EXPECT_EQ(subject_of(service), "g1.sub.a.b.deep.*.x");
}

TEST(micro_group, without_a_name_adds_nothing) {
    auto service = plain_service();
    service.group("").endpoint("top", subject_back);
    service.group("").group("g").group("").endpoint("inner", subject_back);
    EXPECT_EQ(subject_of(service, 0), "top");
    EXPECT_EQ(subject_of(service, 1), "g.inner");
}

TEST(micro_group, is_a_copyable_handle_that_can_be_used_again) {
    auto service = plain_service();
    auto group = service.group("g");
    auto copy = group;
    group.endpoint("a", subject_back);
    copy.endpoint("b", subject_back);
    EXPECT_EQ(subject_of(service, 0), "g.a");
    EXPECT_EQ(subject_of(service, 1), "g.b");
}

TEST(micro_group, takes_work_with_and_without_options) {
    auto service = plain_service();
    auto group = service.group("g");
    group.work("plain", [](micro::event&) {});
    micro::work_options opts;
    opts.subject = "told";
    group.work("other", opts, [](micro::event&) {});
    EXPECT_EQ(subject_of(service, 0), "g.plain");
    EXPECT_EQ(subject_of(service, 1), "g.told");
}

using group_test = micro_test;

TEST_F(group_test, serves_what_is_in_it) {
    in_world([](world& here) -> asio::awaitable<void> {
        micro::service service(here.config());
        auto group = service.group("g1");
        group.endpoint("plain", subject_back);
        micro::endpoint_options opts;
        opts.subject = "deep.*.x";
        group.group("sub").endpoint("deep", subject_back, opts);
        co_await service.start(here.connection);
        const auto plain = co_await ask(here.caller, "g1.plain");
        const auto deep = co_await ask(here.caller, "g1.sub.deep.TOKEN.x");
        const auto bare = co_await failure_of(ask(here.caller, "plain"));
        EXPECT_EQ(plain, body("g1.plain"));
        EXPECT_EQ(deep, body("g1.sub.deep.TOKEN.x"));
        EXPECT_EQ(bare.code, nats::errc::no_responders);
    });
}

}  // namespace
}  // namespace mote::test
