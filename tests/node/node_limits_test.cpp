// What a function that uses up what it may have does to itself, and to nobody else.

#include <tests/node/machine.hpp>

namespace mote::test {
namespace {

class live_limits : public live_test {};

const std::string fills_its_disk = R"sh(
read wanted
case $wanted in
fill) dd if=/dev/zero of=/tmp/fill bs=65536 count=4096 2>&1 || echo "refused"; ls -l /tmp/fill ;;
clear) rm -f /tmp/fill && echo cleared ;;
*) echo "well" ;;
esac
)sh";

asio::awaitable<functions::description> disk_function(std::shared_ptr<machine> on, std::string name) {
    std::map<std::string, std::string> files;
    files.emplace("fill.sh", fills_its_disk);
    files.emplace("function.env", "mode=serializing\n");
    const auto pushed = co_await on->push("test/disk", files);
    auto what = function(std::move(name), "test/disk", "sh fill.sh");
    what.digest = pushed.digest.text();
    what.wanted.limits = functions::resource_texts();
    what.wanted.limits->memory = "64Mi";
    co_return what;
}

// In bytes. The thread sanitizer keeps a file of 512 KiB, already unlinked, in the /tmp of each program that is built with it.
#ifdef __SANITIZE_THREAD__
constexpr const char* half_of_its_memory = "33030144";
#else
constexpr const char* half_of_its_memory = "33554432";
#endif

TEST_F(live_limits, a_function_that_fills_its_disk_is_told_and_goes_on) {
    with_jetstream([](nats_server&, jetstream::context js) -> asio::awaitable<void> {
        const auto here = co_await machine::start(js);
        const auto fills = co_await disk_function(here, "fills");
        const auto other = co_await disk_function(here, "other");
        co_await here->deploy(fills);
        co_await here->deploy(other);
        for (int round = 0; round < 2; ++round) {
            const auto full = co_await call(js.connection(), subject_of("fills"), "fill\n");
            EXPECT_EQ(full.status, 200) << full.body;
            EXPECT_TRUE(contains(full.body, "No space left on device")) << full.body;
            EXPECT_TRUE(contains(full.body, half_of_its_memory)) << "half of its memory: " << full.body;
            const auto well = co_await call(js.connection(), subject_of("other"), "how are you\n");
            EXPECT_EQ(well.body, "well\n") << well.status;
            const auto still = co_await call(js.connection(), subject_of("fills"), "how are you\n");
            EXPECT_EQ(still.body, "well\n") << still.status;
            const auto cleared = co_await call(js.connection(), subject_of("fills"), "clear\n");
            EXPECT_EQ(cleared.body, "cleared\n") << cleared.status;
        }
        EXPECT_FALSE(contains(*here->notes, "fills")) << "its replica never ended: " << *here->notes;
        co_await here->node.stop(5s);
    });
}

}  // namespace
}  // namespace mote::test
