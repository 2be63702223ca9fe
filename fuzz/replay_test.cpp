#include <fuzz/target.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

namespace mote::fuzz {
namespace {

struct named_target {
    const char* name;
    int (*run)(const std::uint8_t*, std::size_t);
};

void PrintTo(const named_target& each, std::ostream* out) { *out << each.name; }

constexpr named_target targets[] = {
    {"bundle_archive", bundle_archive},
    {"bundle_text", bundle_text},
    {"hn_item", hn_item},
    {"http_request", http_request},
    {"jetstream_replies", jetstream_replies},
    {"json_decode", json_decode},
    {"kv_entry", kv_entry},
    {"micro_replies", micro_replies},
    {"nats_context", nats_context},
    {"nats_credentials", nats_credentials},
    {"nats_headers", nats_headers},
    {"nats_info", nats_info},
    {"nats_protocol", nats_protocol},
    {"nats_server_address", nats_server_address},
    {"nats_socks5", nats_socks5},
    {"object_info", object_info},
    {"version_range", version_range},
};

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

class fuzz_replay : public ::testing::TestWithParam<named_target> {};

TEST_P(fuzz_replay, finds_nothing_in_the_corpus) {
    const auto files = files_of(std::filesystem::path(MOTE_FUZZ_CORPUS) / GetParam().name);
    ASSERT_FALSE(files.empty());
    EXPECT_NO_THROW(GetParam().run(nullptr, 0));
    for (const auto& file : files) {
        SCOPED_TRACE(file.string());
        std::ifstream input(file, std::ios::binary);
        const std::vector<char> bytes{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
        EXPECT_NO_THROW(GetParam().run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
    }
}

INSTANTIATE_TEST_SUITE_P(corpus, fuzz_replay, ::testing::ValuesIn(targets),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(fuzz_corpus, has_no_folder_without_a_target) {
    for (const auto& folder : files_of(MOTE_FUZZ_CORPUS))
        EXPECT_TRUE(std::any_of(std::begin(targets), std::end(targets), [&](const auto& each) {
            return folder.filename() == each.name;
        })) << folder;
}

}  // namespace
}  // namespace mote::fuzz
