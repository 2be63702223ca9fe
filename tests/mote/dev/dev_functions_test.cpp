// `mote dev --functions`: a node, a gateway and what stack.yml deploys.

#include <tests/mote/dev/dev_live.hpp>
#include <tests/mote/http_fetch.hpp>

namespace mote::test {
namespace {

class dev_functions : public dev_live {
protected:
    void save_shout() const {
        save("shout/run.sh", "#!/bin/sh\necho asked >&2\ntr a-z A-Z\n");
        std::filesystem::permissions(project / "shout/run.sh", std::filesystem::perms::owner_all);
        save("stack.yml",
             "provider:\n  name: openfaas\nfunctions:\n  shout:\n    handler: ./shout\n    image: functions/shout\n"
             "    environment:\n      fprocess: ./run.sh\n");
    }
};

TEST_F(dev_functions, are_deployed_beside_the_service_and_again_at_each_save) {
    save_shout();
    const auto dev = in_pipe({"--functions"});
    ASSERT_TRUE(comes_to_answer("one")) << dev->output();
    ASSERT_TRUE(dev->wait_for_output("functions | deploy: Deployed shout.", patience)) << dev->output();
    ASSERT_TRUE(dev->wait_for_output("/function/shout", patience)) << dev->output();
    const std::string text = dev->out();
    const auto begin = text.find("http://", text.find("Deployed shout."));
    const std::string address = text.substr(begin, text.find('\n', begin) - begin);
    const auto built = builds();
    const auto comes_to_say = [&](const std::string& wanted) {
        return holds_within(patience, [&] { return fetch("POST", address, "hello").body.starts_with(wanted); });
    };
    ASSERT_TRUE(comes_to_say("HELLO")) << dev->output();
    EXPECT_TRUE(dev->wait_for_output("stderr: asked", patience)) << "what it wrote\n" << dev->output();
    save("shout/run.sh", "#!/bin/sh\necho changed\n");
    ASSERT_TRUE(comes_to_say("changed")) << dev->output();
    EXPECT_EQ(builds(), built) << "no change of the service";
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(dev_functions, are_deployed_by_a_context_with_a_jetstream_domain) {
    save_shout();
    const auto context = environment.home() / "hub.json";
    put(context, R"({"url": ")" + url() + R"(", "jetstream_domain": "hub"})");
    const auto dev = in_pipe({"--functions", "--context", context.string()});
    ASSERT_TRUE(dev->wait_for_output("functions | deploy: Deployed shout.", patience)) << dev->output();
    EXPECT_EQ(dev->terminate(patience).code, 0) << dev->output();
}

}  // namespace
}  // namespace mote::test
