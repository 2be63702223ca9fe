#include <apps/mote/doctor/output_of.hpp>

#include <mote/process/child.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_output = 64UL * 1024;

asio::awaitable<void> run_program(process::command what, std::string* output, bool* succeeded) {
    const auto executor = co_await asio::this_coro::executor;
    auto started = process::child::start(executor, what);
    std::array<char, 4096> block{};
    for (;;) {
        const auto [failed, size] =
            co_await started.output().async_read_some(asio::buffer(block), asio::as_tuple(asio::use_awaitable));
        if (failed) break;
        if (output->size() < most_output) output->append(block.data(), size);
    }
    const auto ended = co_await started.wait();
    *succeeded = ended.code == 0;
}

}  // namespace

std::optional<std::string> output_of(const std::string& program, std::vector<std::string> arguments,
                                     std::chrono::milliseconds patience) {
    process::command what;
    what.program = program;
    what.arguments = std::move(arguments);
    what.output = process::stream::pipe;
    std::string output;
    bool succeeded = false;
    asio::io_context context(1);
    asio::co_spawn(context, run_program(what, &output, &succeeded), [](const std::exception_ptr&) {});
    context.run_for(patience);
    return succeeded ? std::optional(output) : std::nullopt;
}

}  // namespace mote::command
