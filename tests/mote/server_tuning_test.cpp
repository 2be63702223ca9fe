#include <apps/mote/server_tuning.hpp>

#include <tests/support/temp_dir.hpp>

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace mote::test {
namespace {

namespace fs = std::filesystem;

class server_memory : public testing::Test {
protected:
    void write(const std::string& name, const std::string& text) const {
        const auto file = groups.path() / name;
        fs::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    std::uint64_t bytes() const { return command::memory_to_share(groups.path().string()); }

    temp_dir groups;
};

TEST_F(server_memory, is_the_machine_s_where_no_group_bounds_it) {
    const auto machine = bytes();
    EXPECT_GT(machine, 64U << 20);
    write("memory.max", "max\n");
    EXPECT_EQ(bytes(), machine);
    write("memory/memory.limit_in_bytes", "9223372036854771712\n");
    EXPECT_EQ(bytes(), machine) << "more than there is";
}

TEST_F(server_memory, is_what_the_control_group_allows) {
    write("memory.max", "33554432\n");
    EXPECT_EQ(bytes(), 33554432U);
    write("memory/memory.limit_in_bytes", "16777216\n");
    EXPECT_EQ(bytes(), 16777216U);
}

TEST(server_variables, bound_the_collector_by_half_of_the_memory) {
    using list = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(command::server_variables(std::uint64_t{8} << 30), (list{{"GOGC", "400"}, {"GOMEMLIMIT", "4096MiB"}}));
    EXPECT_EQ(command::server_variables(1000), (list{{"GOGC", "400"}, {"GOMEMLIMIT", "1MiB"}})) << "never none at all";
}

}  // namespace
}  // namespace mote::test
