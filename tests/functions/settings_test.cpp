// What a deployment says: quantities, labels that scale, and the whole of it.

#include <mote/functions/description.hpp>
#include <mote/functions/error.hpp>
#include <mote/functions/quantities.hpp>
#include <mote/functions/scale_settings.hpp>

#include <boost/system/system_error.hpp>
#include <chrono>
#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace mote::functions {
namespace {

using namespace std::chrono_literals;

/// The code and the text, without the code's own words, of what a call throws.
template <class Call>
std::pair<boost::system::error_code, std::string> refusal_of(Call call) {
    try {
        call();
    } catch (const boost::system::system_error& failed) {
        return {failed.code(), detail_of(failed)};
    }
    return {};
}

TEST(quantities, are_bytes_in_every_form_of_openfaas) {
    EXPECT_EQ(bytes_of("0"), 0U);
    EXPECT_EQ(bytes_of("1048576"), 1048576U);
    EXPECT_EQ(bytes_of("128Mi"), 128U << 20);
    EXPECT_EQ(bytes_of("0.5Gi"), 512U << 20);
    EXPECT_EQ(bytes_of("4Ki"), 4096U);
    EXPECT_EQ(bytes_of("1.5M"), 1'500'000U);
    EXPECT_EQ(bytes_of("500k"), 500'000U);
    EXPECT_EQ(bytes_of("500K"), 500'000U);
    EXPECT_EQ(bytes_of("2G"), 2'000'000'000U);
    EXPECT_EQ(bytes_of("1T"), 1'000'000'000'000U);
    EXPECT_EQ(bytes_of("1Ti"), std::uint64_t{1} << 40);
    EXPECT_EQ(bytes_of("1Pi"), std::uint64_t{1} << 50);
    EXPECT_EQ(bytes_of("1E"), 1'000'000'000'000'000'000U);
    EXPECT_EQ(bytes_of("1e6"), 1'000'000U);
    EXPECT_EQ(bytes_of("1E+3"), 1000U);
    EXPECT_EQ(bytes_of(".5Ki"), 512U);
}

TEST(quantities, round_fractions_up) {
    EXPECT_EQ(bytes_of("0.1"), 1U);
    EXPECT_EQ(bytes_of("1.0001k"), 1001U);
    EXPECT_EQ(bytes_of("1e-9"), 1U);
    EXPECT_EQ(bytes_of("1.000000"), 1U);
}

TEST(quantities, are_thousandths_of_a_core) {
    EXPECT_EQ(millicores_of("250m"), 250U);
    EXPECT_EQ(millicores_of("0.25"), 250U);
    EXPECT_EQ(millicores_of(".5"), 500U);
    EXPECT_EQ(millicores_of("1e-1"), 100U);
    EXPECT_EQ(millicores_of("2"), 2000U);
    EXPECT_EQ(millicores_of("1.5m"), 2U);
    EXPECT_EQ(millicores_of("0.0001"), 1U);  // less than the least is the least, never none
}

TEST(quantities, go_up_to_two_to_the_63) {
    EXPECT_EQ(bytes_of("9223372036854775807"), 9223372036854775807U);
    for (const std::string text :
         {"9223372036854775808", "8Ei", "10E", "1e40", "99999999999999999999", "9223372036854775807Ei"})
        EXPECT_EQ(refusal_of([&] { bytes_of(text); }).first, errc::bad_setting) << text;
}

TEST(quantities, are_refused_with_the_text_and_what_they_should_be) {
    for (const std::string text : {"",    "Mi",   "-1",  "+1",  " 1",   "1 ",    "1 Mi",   "1mi",
                                   "1MB", "0x10", "inf", "nan", "1,5",  "1.2.3", ".",      "1e",
                                   "1e+", "1e99", "1ki", "1i",  "128m", "1Mi ",  "128Mii", "99999999999999999999Ti"}) {
        const auto [code, why] = refusal_of([&] { bytes_of(text); });
        EXPECT_EQ(code, errc::bad_setting) << text;
        EXPECT_TRUE(why.starts_with('"' + text + "\": expected bytes")) << why;
    }
    for (const std::string text : {"", "m", "1cpu", "100mm", "-1m"}) {
        const auto [code, why] = refusal_of([&] { millicores_of(text); });
        EXPECT_EQ(code, errc::bad_setting) << text;
    }
    const auto [code, why] = refusal_of([] { bytes_of(std::string(10'000, 'x')); });
    EXPECT_LT(why.size(), 300U);
}

scale_settings of(std::string label, std::string value) {
    text_map labels;
    labels["com.openfaas.scale." + label] = std::move(value);
    return scale_settings::of(labels);
}

TEST(scale_settings, have_the_defaults_of_openfaas) {
    const auto usual = scale_settings::of(text_map());
    EXPECT_EQ(usual.min, 1U);
    EXPECT_EQ(usual.max, 20U);
    EXPECT_FALSE(usual.zero);
    EXPECT_EQ(usual.zero_after, 15min);
    EXPECT_EQ(usual.kind, load_kind::rps);
    EXPECT_EQ(usual.target, 5);
    EXPECT_EQ(usual.proportion, 0.9);
    EXPECT_EQ(usual.down_window, 0s);
    EXPECT_EQ(usual.factor, 10U);
    const description nothing;
    EXPECT_EQ(scale_settings::of(nothing).max, 20U);
}

TEST(scale_settings, are_what_the_labels_say) {
    EXPECT_EQ(of("min", "0").min, 0U);
    EXPECT_EQ(of("min", "30").max, 30U);  // as many as the least, where the most is not said
    EXPECT_EQ(of("max", "1000").max, 1000U);
    EXPECT_TRUE(of("zero", "true").zero);
    EXPECT_FALSE(of("zero", "0").zero);
    EXPECT_EQ(of("zero-duration", "1h30m").zero_after, 90min);
    EXPECT_EQ(of("type", "capacity").kind, load_kind::capacity);
    EXPECT_EQ(of("type", "capacity").target, 50);
    EXPECT_EQ(of("type", "cpu").kind, load_kind::cpu);
    EXPECT_EQ(of("target", "12.5").target, 12.5);
    EXPECT_EQ(of("target-proportion", "0.5").proportion, 0.5);
    EXPECT_EQ(of("down.window", "5m").down_window, 5min);
    EXPECT_EQ(of("factor", "0").factor, 0U);
    EXPECT_EQ(of("unknown", "x").min, 1U);
}

TEST(scale_settings, name_the_label_that_is_wrong) {
    const std::pair<const char*, const char*> all[] = {
        {"min", ""},
        {"min", "-1"},
        {"min", "1001"},
        {"min", "1.5"},
        {"min", "99999999999"},
        {"max", "0"},
        {"max", "1001"},
        {"max", "many"},
        {"zero", "yes"},
        {"zero-duration", "15"},
        {"zero-duration", "-1m"},
        {"type", "custom"},
        {"target", "0"},
        {"target", "-5"},
        {"target", "nan"},
        {"target", "inf"},
        {"target", "5x"},
        {"target-proportion", "1.1"},
        {"down.window", "6m"},
        {"factor", "101"},
    };
    for (const auto& [label, value] : all) {
        const auto [code, why] = refusal_of([&] { of(label, value); });
        EXPECT_EQ(code, errc::bad_setting) << label << '=' << value;
        EXPECT_TRUE(why.starts_with("label com.openfaas.scale." + std::string(label) + " \"" + value + '"')) << why;
    }
    text_map both{{"com.openfaas.scale.min", "5"}, {"com.openfaas.scale.max", "4"}};
    const auto [code, why] = refusal_of([&] { scale_settings::of(both); });
    EXPECT_EQ(code, errc::bad_setting);
}

TEST(scale_settings, want_as_many_replicas_as_the_load_needs_within_the_bounds) {
    scale_settings settings;
    settings.min = 2;
    settings.max = 10;
    settings.target = 10;
    settings.proportion = 0.5;
    EXPECT_EQ(settings.wanted(0), 2U);
    EXPECT_EQ(settings.wanted(10), 2U);
    EXPECT_EQ(settings.wanted(10.1), 3U);
    EXPECT_EQ(settings.wanted(45), 9U);
    EXPECT_EQ(settings.wanted(1e300), 10U);
    EXPECT_EQ(settings.wanted(-1), 2U);
    EXPECT_EQ(settings.wanted(std::numeric_limits<double>::quiet_NaN()), 2U);
    EXPECT_EQ(settings.wanted(std::numeric_limits<double>::infinity()), 10U);
    settings.min = 0;
    EXPECT_EQ(settings.wanted(0), 1U);  // to none only when it was idle for long, which others decide
}

TEST(deployment, is_read_with_the_names_of_openfaas) {
    const auto read =
        read_deployment(R"({"service":"f","image":"a/b","namespace":"dev","envProcess":"cat","envVars":{"A":"1"},
        "constraints":["c==1"],"secrets":["s"],"labels":{"l":"1"},"annotations":{"a":"1"},"limits":{"memory":"1Mi","cpu":"1m",
        "nvidia.com/gpu":"1","amd.com/gpu":"2","intel.com/gpu":"3"},"requests":{"cpu":"2m"},"readOnlyRootFilesystem":true,
        "network":"x","something":{"new":[1]}})");
    EXPECT_EQ(read.service, "f");
    EXPECT_EQ(read.space, "dev");
    EXPECT_EQ(read.process, "cat");
    EXPECT_EQ(read.variables->at("A"), "1");
    EXPECT_EQ(read.constraints->at(0), "c==1");
    EXPECT_EQ(read.secrets->at(0), "s");
    EXPECT_EQ(read.limits->memory, "1Mi");
    EXPECT_EQ(read.limits->nvidia_gpu, "1");
    EXPECT_EQ(read.limits->amd_gpu, "2");
    EXPECT_EQ(read.limits->intel_gpu, "3");
    EXPECT_EQ(read.requests->cpu, "2m");
    EXPECT_EQ(read.read_only, true);
}

TEST(deployment, keeps_absent_what_is_absent) {
    const auto read = read_deployment(R"({"service":"f","image":"a","labels":null,"namespace":""})");
    EXPECT_FALSE(read.labels);
    EXPECT_FALSE(read.variables);
    EXPECT_FALSE(read.limits);
    EXPECT_EQ(read.space, "");
}

TEST(deployment, is_refused_with_more_than_a_thousand_of_anything) {
    const auto many = [](const std::string& field, bool is_map) {
        std::string text = R"({"service":"f","image":"a",")" + field + "\":" + (is_map ? '{' : '[');
        for (int i = 0; i < 1001; ++i)
            text += (i == 0 ? "" : ",") + std::string("\"x") + std::to_string(i) + (is_map ? "\":\"\"" : "\"");
        return text + (is_map ? '}' : ']') + '}';
    };
    for (const std::string field : {"envVars", "labels", "annotations"}) {
        const auto [code, why] = refusal_of([&] { read_deployment(many(field, true)); });
        EXPECT_EQ(code, errc::bad_description);
        EXPECT_EQ(why, field + ": more than 1000 entries");
    }
    for (const std::string field : {"secrets", "constraints"}) {
        const auto [code, why] = refusal_of([&] { read_deployment(many(field, false)); });
        EXPECT_EQ(why, field + ": more than 1000 entries");
    }
}

TEST(description, is_kept_and_read_again_as_it_was) {
    description what;
    what.wanted.service = "f";
    what.wanted.image = "a/b:1";
    what.wanted.space = "dev";
    what.wanted.variables = text_map{{"A", "line\nbreak \"quoted\" \x01 ü"}};
    what.generation = 7;
    what.replicas = 0;
    what.paused = true;
    what.digest = "sha256:x";
    what.created = std::chrono::system_clock::time_point(123'456'789'012'345'678ns);
    const auto read = read_description(write_description(what));
    EXPECT_EQ(read.name().full(), "f.dev");
    EXPECT_EQ(read.variable("A"), what.variable("A"));
    EXPECT_EQ(read.generation, 7U);
    EXPECT_EQ(read.replicas, 0U);
    EXPECT_TRUE(read.paused);
    EXPECT_EQ(read.digest, "sha256:x");
    EXPECT_EQ(read.created, what.created);
    EXPECT_EQ(read.label("none"), "");
    EXPECT_EQ(read.annotation("none"), "");
    EXPECT_EQ(write_description(read), write_description(what));
}

TEST(description, that_is_none_is_refused) {
    for (const std::string text : {"", "{}", "[]", R"({"wanted":{}})", R"({"wanted":7})"}) {
        const auto [code, why] = refusal_of([&] { read_description(text); });
        EXPECT_EQ(code, errc::bad_description) << text;
    }
}

TEST(error, tells_what_it_was_given_without_the_words_of_its_code) {
    EXPECT_EQ(refusal_of([] { throw_error(errc::bad_name, "x: y"); }).second, "x: y");
    EXPECT_EQ(refusal_of([] { throw_error(errc::bad_name); }).second, "invalid name");
}

TEST(deployment, is_refused_with_variables_that_nothing_can_start_with) {
    const auto with = [](const std::string& variables) {
        return refusal_of([&] { read_deployment(R"({"service":"f","image":"a/b","envVars":{)" + variables + "}}"); })
            .second;
    };
    EXPECT_EQ(with(R"("mode":" static ","exec_timeout":"1m30s","read_timeout":"30","write_timeout":"")"), "");
    EXPECT_TRUE(with(R"("mode":"inproc")").starts_with("envVars: mode=\"inproc\": expected classic, "));
    EXPECT_TRUE(with(R"("mode":"Http")").starts_with("envVars: mode=\"Http\""));
    for (const std::string name : {"exec_timeout", "read_timeout", "write_timeout", "healthcheck_interval"})
        EXPECT_TRUE(
            with('"' + name + R"(":"soon")").starts_with("envVars: " + name + "=\"soon\": expected whole seconds"));
    EXPECT_EQ(with(R"("write_timeout":"0")"), "envVars: write_timeout=\"0\": expected more than zero");
    EXPECT_EQ(with(R"("write_timeout":"0s")"), "envVars: write_timeout=\"0s\": expected more than zero");
    EXPECT_EQ(with(R"("upstream_url":"http://example.org:80")"),
              "envVars: upstream_url=\"http://example.org:80\": expected http://127.0.0.1:PORT or unix:/PATH");
    for (const std::string odd :
         {R"("max_inflight":"many")", R"("max_inflight":"-1")", R"("log_buffer_size":"0")", R"("content_type":"a\nb")",
          R"("ready_path":"ready")", R"("static_path":"files")", R"("combine_output":"maybe")", R"("cgi_headers":"2")",
          R"("prefix_logs":"no")", R"("log_callid":"x")", R"("log_call_id":"x")", R"("http_buffer_req_body":"x")",
          R"("buffer_http":"x")", R"("suppress_lock":"x")", R"("write_debug":"x")", R"("jwt_auth":"true")",
          R"("marshal_request":"1")", R"("http_upstream_url":"https://127.0.0.1:80")"}) {
        const auto name = odd.substr(1, odd.find('"', 1) - 1);
        EXPECT_TRUE(with(odd).starts_with("envVars: " + name + "=\"")) << odd << ": " << with(odd);
    }
    EXPECT_EQ(with(R"("jwt_auth":"false","max_inflight":"0","ready_path":"/ready","upstream_url":"8000")"), "");
}

TEST(deployment, that_is_too_large_says_so_of_itself) {
    const std::string large(600 * 1024, ' ');
    const auto [code, text] = refusal_of([&] { read_deployment(large); });
    EXPECT_EQ(code, errc::bad_description);
    EXPECT_EQ(text, "deployment: expected at most 524288 bytes, got 614400");
}

}  // namespace
}  // namespace mote::functions
