// One line for each change, at once.

#include <mote/gateway/audit_log.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <set>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using gateway::audit_action;
using gateway::audit_line;
using gateway::audit_log;
using gateway::audit_record;

audit_record usual_change() {
    audit_record one;
    one.time = std::chrono::system_clock::time_point(1s);
    one.who = "admin";
    one.how = "basic";
    one.peer = "127.0.0.1";
    one.action = audit_action::secret_create;
    one.object = "key.openfaas-fn";
    one.status = 201;
    one.call_id = "id";
    return one;
}

std::string result_of(int status) {
    auto one = usual_change();
    one.status = status;
    return std::string(boost::json::parse(audit_line(one)).at("result").as_string());
}

TEST(audit_line, says_who_changed_what_from_where_and_what_came_of_it) {
    EXPECT_EQ(audit_line(usual_change()),
              R"({"time":"1970-01-01T00:00:01.000Z","audit":"secret.create","object":"key.openfaas-fn","who":"admin",)"
              R"("how":"basic","peer":"127.0.0.1","call_id":"id","status":201,"result":"ok"})"
              "\n");
}

TEST(audit_line, names_the_bundle_that_is_to_run) {
    auto one = usual_change();
    one.action = audit_action::function_update;
    one.object = "app.openfaas-fn";
    one.digest = "sha256:0123";
    const auto line = boost::json::parse(audit_line(one));
    EXPECT_EQ(line.at("digest").as_string(), "sha256:0123");
    EXPECT_FALSE(boost::json::parse(audit_line(usual_change())).as_object().contains("digest"));
}

TEST(audit_line, tells_what_was_refused_from_what_failed) {
    for (const int status : {200, 202, 204, 302}) EXPECT_EQ(result_of(status), "ok") << status;
    for (const int status : {401, 403, 429}) EXPECT_EQ(result_of(status), "refused") << status;
    for (const int status : {0, -1, 400, 404, 409, 500}) EXPECT_EQ(result_of(status), "failed") << status;
}

TEST(audit_line, has_a_name_of_its_own_for_each_action) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(audit_action::call_cancel); ++i)
        names.insert(gateway::name_of(static_cast<audit_action>(i)));
    EXPECT_EQ(names.size(), 13u);
    EXPECT_FALSE(names.contains("unknown"));
}

TEST(audit_line, is_one_line_whatever_the_name_is) {
    auto one = usual_change();
    const std::string name = "a\n\"x" + std::string(5000, '\x01');
    one.object = one.who = one.call_id = one.peer = name;
    const auto line = audit_line(one);
    EXPECT_LE(line.size(), 4096u);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_TRUE(boost::json::parse(line).as_object().at("object").as_string().starts_with("a\n\"x"));
}

TEST(audit_log, writes_each_line_at_once) {
    boost::asio::io_context loop;
    std::string text;
    audit_log log(loop.get_executor(), [&](std::string_view lines) {
        text += lines;
        return lines.size();
    });
    log.add(usual_change());
    EXPECT_EQ(text, audit_line(usual_change()));
    log.add(usual_change());
    EXPECT_EQ(text, audit_line(usual_change()) + audit_line(usual_change()));
    EXPECT_EQ(log.dropped(), 0u);
}

TEST(audit_log, keeps_what_the_sink_does_not_take_within_a_bound) {
    boost::asio::io_context loop;
    std::string text;
    bool full = true;
    {
        audit_log log(loop.get_executor(), [&](std::string_view lines) {
            if (full) return std::size_t{0};
            text += lines;
            return lines.size();
        });
        const auto fit = 1024 * 1024 / audit_line(usual_change()).size();
        for (std::size_t i = 0; i < fit + 7; ++i) log.add(usual_change());
        EXPECT_EQ(log.dropped(), 7u);
        full = false;
    }
    EXPECT_TRUE(text.starts_with(audit_line(usual_change())));
    EXPECT_GT(text.size(), 1024u * 1023);
}

}  // namespace
}  // namespace mote::test
