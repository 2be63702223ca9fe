// The reader that other tests stand on refuses what Prometheus would.

#include <tests/gateway/prometheus_reader.hpp>

#include <gtest/gtest.h>

namespace mote::test {
namespace {

const std::string head = "# HELP a Text.\n# TYPE a counter\n";
const std::string histogram = "# HELP h Text.\n# TYPE h histogram\n";

std::string error_of(const std::string& text) { return read_prometheus(text).error; }

TEST(prometheus_reader, reads_samples_with_their_labels) {
    const auto read = read_prometheus(head + "a{x=\"1\",y=\"\\\"\\\\\\n\"} 3\na 1.5\n" + histogram +
                                      "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n");
    EXPECT_EQ(read.error, "");
    EXPECT_EQ(read.samples.at("a"), 1.5);
    EXPECT_EQ(read.samples.at("h_bucket{le=\"+Inf\"}"), 2);
    EXPECT_EQ(read.samples.size(), 6u);
}

TEST(prometheus_reader, refuses_what_is_not_of_the_format) {
    for (const std::string text :
         {"a 1\n", "# HELP a Text.\na 1\n", "# TYPE a counter\na 1\n", "# HELP a Text.\n# TYPE b counter\nb 1\n",
          "# HELP a Text.\n# TYPE a number\na 1\n", "# HELP a Text.\n# TYPE a counter\n"})
        EXPECT_NE(error_of(text), "") << text;
    for (const std::string line : {"a 1", "a\n", "b 1\n", "a x\n", "a 1x\n", "a  1\n", "a -1\n", "a{} 1\n", "a{x} 1\n",
                                   "a{x=\"1\"\n", "a{x=\"1\",} 1\n", "a{x=\"1\",x=\"2\"} 1\n", "a{x=\"\\t\"} 1\n",
                                   "a{1x=\"1\"} 1\n", "a 1\na 2\n", "\n", "a{x=\"1\"}1\n"})
        EXPECT_NE(error_of(head + line), "") << line;
    EXPECT_NE(error_of(head + "a 1\n" + head + "a{x=\"1\"} 1\n"), "");
}

TEST(prometheus_reader, refuses_histograms_that_are_not_whole) {
    for (const std::string lines :
         {"h_bucket{le=\"1\"} 1\nh_sum 3\nh_count 1\n", "h_bucket{le=\"+Inf\"} 1\nh_count 1\n",
          "h_bucket{le=\"+Inf\"} 1\nh_sum 1\n", "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
          "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
          "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
          "h_sum 1\nh_count 1\n", "h_bucket 1\nh_sum 1\nh_count 1\n", "h 1\n"})
        EXPECT_NE(error_of(histogram + lines), "") << lines;
}

}  // namespace
}  // namespace mote::test
