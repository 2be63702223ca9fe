// What single checks of `mote doctor` make of what they see.

#include <apps/mote/doctor/machine_checks.hpp>
#include <apps/mote/doctor/output_of.hpp>
#include <apps/mote/doctor/server_checks.hpp>
#include <apps/mote/port.hpp>

#include <tests/support/loopback.hpp>
#include <tests/support/temp_dir.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

namespace mote::test {
namespace {

using namespace std::chrono_literals;
using command::exit_code;
using command::finding;
using command::severity;

constexpr std::uint64_t mebibyte = 1024 * 1024;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

finding of(severity how, exit_code code = exit_code::error) {
    finding made;
    made.check = "check";
    made.how = how;
    made.text = "text";
    made.code = code;
    return made;
}

TEST(doctor_findings, decide_the_exit_code) {
    using command::code_of;
    EXPECT_EQ(code_of({}), exit_code::ok);
    EXPECT_EQ(code_of({of(severity::ok), of(severity::warn)}), exit_code::ok);
    EXPECT_EQ(code_of({of(severity::warn), of(severity::fail)}), exit_code::error);
    EXPECT_EQ(code_of({of(severity::ok), of(severity::fail, exit_code::cannot_connect)}), exit_code::cannot_connect)
        << "only the server is away";
    EXPECT_EQ(code_of({of(severity::fail), of(severity::fail, exit_code::cannot_connect)}), exit_code::error);
}

TEST(doctor_findings, are_lines_with_tabs_for_programs_and_sentences_for_people) {
    auto bad = of(severity::fail);
    bad.mend = "a command";
    const command::terminal program;
    EXPECT_EQ(command::report_of({bad}, program), "Severity\tCheck\tFinding\tMend\nFAIL\tcheck\ttext\ta command\n");
    command::terminal person;
    person.interactive = true;
    const auto report = command::report_of({bad, of(severity::ok)}, person);
    EXPECT_TRUE(contains(report, "FAIL  check       text\n                  mend: a command\n")) << report;
    EXPECT_TRUE(contains(report, "1 failure, 0 warnings.")) << report;
}

TEST(doctor_findings, are_one_json_document) {
    auto bad = of(severity::fail);
    bad.mend = "a \"command\"\x1b";
    const auto json = boost::json::parse(command::json_of({bad}));
    EXPECT_FALSE(json.at("ok").as_bool());
    EXPECT_EQ(json.at("findings").at(0).at("severity").as_string(), "fail");
    EXPECT_EQ(json.at("findings").at(0).at("mend").as_string(), "a \"command\"\x1b");
    EXPECT_TRUE(boost::json::parse(command::json_of({})).at("ok").as_bool());
}

TEST(doctor_port, is_free_or_somebody_has_it) {
    const unique_fd taken = listen_loopback(0);
    const auto port = local_port(taken.get());
    const auto found = command::check_port(port, "the gateway", "mote up --http-port 1");
    EXPECT_EQ(found.how, severity::warn);
    EXPECT_TRUE(contains(found.text, "process " + std::to_string(::getpid()))) << found.text;
    EXPECT_EQ(found.mend, "mote up --http-port 1");
    EXPECT_EQ(command::try_to_listen(port), EADDRINUSE);

    const auto free = command::check_port(free_port(), "the gateway", "");
    EXPECT_EQ(free.how, severity::ok);
    EXPECT_TRUE(contains(free.text, "is free for the gateway"));
}

TEST(doctor_listener, is_named_only_where_there_is_one) {
    EXPECT_FALSE(command::listener_at(free_port()));
    const unique_fd taken = listen_loopback(0);
    EXPECT_TRUE(command::listener_at(local_port(taken.get())));
}

TEST(doctor_version, names_what_a_server_lacks_and_since_when_there_is_it) {
    const auto old = command::check_version("2.9.10");
    EXPECT_EQ(old.how, severity::warn);
    for (const std::string part : {"2.9.10", "metadata", "(2.10)", "(2.11)", "(2.12)", "(2.14)"})
        EXPECT_TRUE(contains(old.text, part)) << old.text;
    EXPECT_TRUE(contains(old.mend, "go install"));
    const auto newer = command::check_version("2.12.3");
    EXPECT_EQ(newer.how, severity::warn);
    EXPECT_FALSE(contains(newer.text, "(2.12)")) << newer.text;
    EXPECT_TRUE(contains(newer.text, "(2.14)")) << newer.text;
    EXPECT_EQ(command::check_version("2.14.0").how, severity::ok);
    EXPECT_EQ(command::check_version("3.0.0").how, severity::ok);
    EXPECT_EQ(command::check_version("2.8.4").how, severity::fail);
    EXPECT_EQ(command::check_version("unknown").how, severity::ok) << "what is no version is no reason to complain";
}

TEST(doctor_account, is_nearly_full_or_not) {
    jetstream::account_info account;
    account.streams = 3;
    account.storage = 95 * mebibyte;
    EXPECT_EQ(command::check_account(account).how, severity::ok) << "there is no bound";
    EXPECT_TRUE(contains(command::check_account(account).text, "3 streams, 95 MiB in files, 0 MiB in memory"));
    account.limits.max_storage = 100 * mebibyte;
    EXPECT_EQ(command::check_account(account).how, severity::warn);
    EXPECT_TRUE(contains(command::check_account(account).text, "95 of 100 MiB in files"));
    account.limits.max_storage = 200 * mebibyte;
    EXPECT_EQ(command::check_account(account).how, severity::ok);
    account.limits.max_streams = 3;
    EXPECT_EQ(command::check_account(account).how, severity::warn);
}

TEST(doctor_server_clock, may_differ_by_as_much_as_the_question_took) {
    EXPECT_EQ(command::check_server_clock(900ms, 0ms).how, severity::ok);
    EXPECT_EQ(command::check_server_clock(2s, 0ms).how, severity::warn);
    EXPECT_EQ(command::check_server_clock(-2s, 0ms).how, severity::warn);
    EXPECT_EQ(command::check_server_clock(2s, 1500ms).how, severity::ok);
    EXPECT_EQ(command::check_server_clock(-2h, 1s).how, severity::fail);
    EXPECT_TRUE(contains(command::check_server_clock(-2s, 0ms).text, "2s behind"));
}

TEST(doctor_limits, of_open_files_and_groups) {
    EXPECT_EQ(command::check_open_files(1024, 1'000'000).how, severity::ok) << "the soft one is raised";
    EXPECT_EQ(command::check_open_files(1024, RLIM_INFINITY).how, severity::ok);
    const auto few = command::check_open_files(256, 1024);
    EXPECT_EQ(few.how, severity::warn);
    EXPECT_TRUE(contains(few.mend, "limits.d"));
    EXPECT_EQ(command::check_control_groups("cgroup v2").how, severity::ok);
    EXPECT_EQ(command::check_control_groups("cgroup v1").how, severity::ok);
    const auto none = command::check_control_groups("rlimits");
    EXPECT_EQ(none.how, severity::warn);
    EXPECT_TRUE(contains(none.mend, "systemd-run"));
}

TEST(doctor_disk, is_full_nearly_full_or_not) {
    EXPECT_EQ(command::check_free_space("/state", 10 * mebibyte).how, severity::fail);
    EXPECT_EQ(command::check_free_space("/state", 500 * mebibyte).how, severity::warn);
    EXPECT_EQ(command::check_free_space("/state", 5000 * mebibyte).how, severity::ok);
    EXPECT_TRUE(contains(command::check_free_space("/state", 10 * mebibyte).mend, "--dir"));
    const temp_dir folder;
    EXPECT_TRUE(contains(command::check_disk(folder.path() / "not" / "yet").text,
                         "free for " + (folder.path() / "not/yet").string()))
        << "the directory need not be there";
    EXPECT_EQ(command::check_disk("/proc/1/no").how, severity::fail) << "nobody can write there";
}

TEST(doctor_program, is_killed_when_it_does_not_end_and_nothing_when_it_fails) {
    EXPECT_EQ(command::output_of("/bin/echo", {"a", "b"}, 30s), "a b\n");
    EXPECT_FALSE(command::output_of("/bin/false", {}, 30s));
    EXPECT_FALSE(command::output_of("/absent", {}, 30s));
    EXPECT_FALSE(command::output_of("/bin/sleep", {"3600"}, 100ms));
}

}  // namespace
}  // namespace mote::test
