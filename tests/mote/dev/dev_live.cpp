#include <tests/mote/dev/dev_live.hpp>

#include <tests/support/loopback.hpp>
#include <tests/support/processes.hpp>

#include <boost/system/system_error.hpp>

namespace mote::test {

void dev_live::SetUp() {
    if (!require_nats_server() || !require_program("tmux")) return;
    port = free_port();
    project = environment.home() / "project";
    save("answer.txt", "one\n");
    // What cannot be compiled has an error in it.
    save("build.sh",
         "if grep -q error answer.txt; then echo 'answer.txt:1: an error' >&2; exit 1; fi\n"
         "mkdir -p build && cp answer.txt build/answer.new && mv build/answer.new build/answer.txt\n"
         "echo built >> " +
             (environment.home() / "builds").string() + "\n");
    save("mote.json", project_json());
}

std::string dev_live::project_json(const std::string& more) const {
    return R"({"name": "Dev", "build": [["sh", "build.sh"]],)"
           "\n"
           R"( "run": [")" DEV_SERVICE R"(", ")" +
           (project / "build" / "answer.txt").string() + "\"]" + more + "}\n";
}

std::vector<std::string> dev_live::line(std::vector<std::string> more) const {
    std::vector<std::string> words{"dev", project.string(), "-s", url()};
    words.insert(words.end(), more.begin(), more.end());
    return command_environment::line(words);
}

std::unique_ptr<tmux_terminal> dev_live::in_terminal(std::vector<std::string> more,
                                                     std::map<std::string, std::string> env) const {
    return std::make_unique<tmux_terminal>(line(std::move(more)), environment.options(std::move(env)));
}

std::unique_ptr<process> dev_live::in_pipe(std::vector<std::string> more,
                                           std::map<std::string, std::string> env) const {
    return std::make_unique<process>(line(std::move(more)), environment.options(std::move(env)));
}

nats::blocking_connection dev_live::connect() const {
    nats::options options;
    options.servers = {url()};
    options.retry_on_first_connect = true;
    options.request_timeout = std::chrono::seconds(20);
    options.reconnect.max_wait = std::chrono::milliseconds(200);
    return nats::blocking_connection(options);
}

bool dev_live::comes_to_answer(const std::string& wanted) const {
    const auto connection = connect();
    return holds_within(patience, [&] {
        try {
            return connection.request("answer", "").payload() == wanted;
        } catch (const boost::system::system_error&) {
            return false;
        }
    });
}

bool dev_live::nothing_is_left() const {
    return holds_within(std::chrono::seconds(20), [&] { return processes_with(environment.home().string()) == 0; });
}

}  // namespace mote::test
