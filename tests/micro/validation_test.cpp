// Which names, versions, subjects and queue groups are taken: the facts that were recorded of nats.go, and where we are
// stricter on purpose (docs/adr/0005).

#include <mote/micro/detail/validate.hpp>
#include <mote/micro/service.hpp>
#include <tests/jetstream/live_test.hpp>
#include <tests/support/program.hpp>

#include <boost/json.hpp>
#include <fstream>
#include <set>
#include <sstream>

namespace mote::micro {
namespace {

namespace json = boost::json;

const auto ignore_request = [](request&) {};

service_config config_of(std::string name, std::string version) {
    service_config config;
    config.name = std::move(name);
    config.version = std::move(version);
    return config;
}

service a_service() { return service(config_of("S", "1.0.0")); }

boost::system::error_code refusal_of_service(std::string name, std::string version) {
    return test::failure_at_once([&] { const service made(config_of(std::move(name), std::move(version))); }).code;
}

boost::system::error_code refusal_of_endpoint(std::string name, endpoint_options opts = {}) {
    return test::failure_at_once([&] { a_service().endpoint(std::move(name), ignore_request, std::move(opts)); }).code;
}

boost::system::error_code refusal_of_subject(std::string subject) {
    endpoint_options opts;
    opts.subject = std::move(subject);
    return refusal_of_endpoint("e", std::move(opts));
}

boost::system::error_code refusal_of_queue_group(std::string group) {
    endpoint_options opts;
    opts.queue_group = std::move(group);
    return refusal_of_endpoint("e", std::move(opts));
}

boost::system::error_code refusal_of_service_queue_group(std::string group) {
    auto config = config_of("S", "1.0.0");
    config.queue_group = std::move(group);
    return test::failure_at_once([&] { const service made(std::move(config)); }).code;
}

boost::system::error_code refusal_of_group(std::string prefix) {
    return test::failure_at_once([&] { a_service().group(std::move(prefix)).endpoint("e", ignore_request); }).code;
}

TEST(micro_validation, a_name_is_of_letters_digits_dashes_and_underscores) {
    for (const std::string good : {"a", "A-b_9", "-", "_", "default"}) {
        EXPECT_FALSE(refusal_of_service(good, "1.0.0")) << good;
        EXPECT_FALSE(refusal_of_endpoint(good)) << good;
    }
    for (const std::string bad : {"", "a.b", "a b", "*", "a>", "é", "a\n", "a$"}) {
        EXPECT_EQ(refusal_of_service(bad, "1.0.0"), errc::bad_name) << bad;
        EXPECT_EQ(refusal_of_endpoint(bad), errc::bad_name) << bad;
    }
}

TEST(micro_validation, a_version_is_a_semantic_one) {
    for (const std::string good : {"1.0.0", "0.0.0", "1.2.3-rc.1", "1.2.3+b.5", "1.2.3-a.b-c+d", "1.0.0-0a", "1.0.0--",
                                   "1.0.0+01", "99999999999999999999.0.0"})
        EXPECT_FALSE(refusal_of_service("S", good)) << good;
    for (const std::string bad : {"", "1", "1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", "1.0.0.0",
                                  " 1.0.0", "1.0.0\n", "1.0.0-a..b", "1..0", "1.0.0+a_b"})
        EXPECT_EQ(refusal_of_service("S", bad), errc::bad_version) << bad;
}

TEST(micro_validation, a_subject_is_one_that_can_be_subscribed_to) {
    for (const std::string good : {"a", "a.b", "a.*", "*", ">", "a.>", "é.ü", "$SRV.PING"})
        EXPECT_FALSE(refusal_of_subject(good)) << good;
    for (const std::string bad : {"a>", "a*b", "a.>.b", "a>b", "a b", " a", "a..b", ".a", "a.", "a\tb", "a\nb"})
        EXPECT_EQ(refusal_of_subject(bad), errc::bad_subject) << bad;
}

TEST(micro_validation, a_group_may_be_empty_and_otherwise_makes_a_valid_subject) {
    for (const std::string good : {"g", "", "a.b", "*", "é"}) EXPECT_FALSE(refusal_of_group(good)) << good;
    for (const std::string bad : {"a b", "g.", ".g", ">", "g>"})
        EXPECT_EQ(refusal_of_group(bad), errc::bad_subject) << bad;
}

TEST(micro_validation, a_queue_group_has_no_blanks_and_control_characters) {
    for (const std::string good : {"q", "a.b", "*", ">", "a>", ".", "a..b", "é"}) {
        EXPECT_FALSE(refusal_of_queue_group(good)) << good;
        EXPECT_FALSE(refusal_of_service_queue_group(good)) << good;
    }
    for (const std::string bad : {"a b", " ", "a>b", "a\tb", "a\r\nb"}) {
        EXPECT_EQ(refusal_of_queue_group(bad), errc::bad_queue_group) << bad;
        EXPECT_EQ(refusal_of_service_queue_group(bad), errc::bad_queue_group) << bad;
    }
}

TEST(micro_validation, an_instance_is_one_token) {
    EXPECT_TRUE(detail::is_valid_id("kBleNERnb5K3kOy3NIsaAi"));
    EXPECT_TRUE(detail::is_valid_id("0c6b0b2e-3f0e-4c7a"));
    for (const std::string bad : {"", "a.b", "*", ">", "a b"}) EXPECT_FALSE(detail::is_valid_id(bad)) << bad;
}

TEST(micro_validation, metadata_cannot_claim_the_kind_of_an_endpoint) {
    endpoint_options opts;
    opts.metadata = {{"mote.kind", "event"}};
    EXPECT_EQ(refusal_of_endpoint("e", opts), errc::bad_metadata);
}

TEST(micro_validation, a_refused_endpoint_leaves_the_service_as_it_was) {
    auto made = a_service();
    made.endpoint("good", ignore_request);
    EXPECT_EQ(test::failure_at_once([&] { made.endpoint("b.d", ignore_request); }).code, errc::bad_name);
    ASSERT_EQ(made.info().endpoints.size(), 1U);
    EXPECT_EQ(made.info().endpoints.front().name, "good");
}

// ---- all that was recorded

/// Recorded as taken by nats.go, refused by us: it would subscribe to something else than the author meant.
const std::set<std::string> stricter_subjects{"a>", "a*b"};
/// Refused by nats.go too, but only when an endpoint is added.
const std::set<std::string> refused_at_once{"a\tb", "a\r\nb"};
/// No counterpart here: there are no pending limits, and control subjects are in discovery_test.
bool has_no_counterpart(const std::string& kind) {
    return kind.starts_with("pending-limits") || kind.starts_with("control-subject") || kind == "LastError" ||
           kind == "connection alive after all";
}

std::optional<boost::system::error_code> refusal_of(const std::string& kind, const std::string& value) {
    if (kind == "service-name") return refusal_of_service(value, "1.0.0");
    if (kind == "service-version") return refusal_of_service("S", value);
    if (kind.starts_with("service-queue-group")) return refusal_of_service_queue_group(value);
    if (kind.starts_with("endpoint-name")) return refusal_of_endpoint(value);
    if (kind == "endpoint-subject") return refusal_of_subject(value);
    if (kind == "endpoint-queue-group") return refusal_of_queue_group(value);
    if (kind == "group-name with endpoint e") return refusal_of_group(value);
    return std::nullopt;
}

TEST(micro_validation, agrees_with_what_was_recorded) {
    const auto shared = test::shared_directory();
    if (!shared) GTEST_SKIP() << "no recorded vectors beside the checkout";
    std::ifstream file(*shared / "vectors" / "validation.json");
    std::stringstream text;
    text << file.rdbuf();
    std::size_t compared = 0;
    const auto recorded = json::parse(text.str());
    for (const auto& entry : recorded.as_array()) {
        const auto kind = json::value_to<std::string>(entry.at("Kind"));
        const auto value = json::value_to<std::string>(entry.at("Value"));
        if (has_no_counterpart(kind)) continue;
        const auto refused = refusal_of(kind, value);
        ASSERT_TRUE(refused) << "a kind that this test does not know: " << kind;
        bool expected = entry.at("OK").as_bool();
        if (kind == "endpoint-subject" && stricter_subjects.contains(value)) expected = false;
        if (kind == "service-queue-group" && refused_at_once.contains(value)) expected = false;
        EXPECT_EQ(!*refused, expected) << kind << " \"" << value << '"';
        ++compared;
    }
    EXPECT_GT(compared, 100U);
}

}  // namespace
}  // namespace mote::micro
