#include <apps/mote/ask/answer_output.hpp>
#include <apps/mote/ask/question.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/text.hpp>

#include <mote/micro/client.hpp>
#include <mote/micro/stream_reader.hpp>

#include <boost/system/system_error.hpp>

#include <memory>
#include <optional>

namespace mote::command {
namespace {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

// So that the service hears of it; a person who pressed Ctrl-C does not wait for more.
constexpr std::chrono::nanoseconds farewell = std::chrono::milliseconds(80);

/// Ends the stream at the service, too.
asio::awaitable<void> leave(nats::connection connection, std::shared_ptr<micro::reply_reader> items) {
    items->cancel();
    try {
        co_await connection.flush(farewell);
    } catch (const boost::system::system_error&) {
        co_return;  // the service notices by itself that nobody reads
    }
}

/// The next item; nothing at the end, and for an error of the service, which is told.
asio::awaitable<std::optional<nats::message>> next_item(const question* asked, const answer_output* output,
                                                        std::shared_ptr<micro::reply_reader> items, exit_code* code) {
    answer_about about;
    about.subject = asked->whom.subject;
    try {
        co_return co_await items->next();
    } catch (const micro::service_error& error) {
        output->show_failure(about, error.description(), error.status());
        if (!asked->chosen.json && !error.data().empty()) output->show_body(about, error.data());
        say_service_error(asked->whom.name(), error, asked->chosen.color);
        *code = exit_code::service_error;
    } catch (const boost::system::system_error& error) {
        if (items->received() == 0 || error.code() != nats::errc::timeout)
            throw_no_answer(asked->whom.subject, asked->access, error);
        throw failure(exit_code::timeout, asked->whom.name() + ": nothing more came within " +
                                              readable(asked->access.timeout) + ", after " +
                                              counted(items->received(), "item") + "; wait longer with --timeout");
    }
    co_return std::nullopt;
}

}  // namespace

asio::awaitable<exit_code> read_answers(question asked) {
    micro::stream_options options;
    options.timeout = asked.access.timeout;
    options.headers = asked.headers;
    const auto& connection = asked.access.connection;
    const auto asked_at = clock::now();
    const auto items = std::make_shared<micro::reply_reader>(
        micro::read_stream(connection, asked.whom.subject, std::string_view(asked.body), options));
    const auto interrupted = std::make_shared<bool>(false);
    asked.running->on_interrupt([items, interrupted] {
        *interrupted = true;
        items->cancel();
    });
    const answer_output output(asked.chosen);
    auto code = exit_code::ok;
    for (;;) {
        const auto item = co_await next_item(&asked, &output, items, &code);
        if (!item || *interrupted) break;
        answer_about about;
        about.subject = asked.whom.subject;
        about.number = items->received();
        about.rtt = clock::now() - asked_at;
        output.show(about, *item);
        if (is_reader_gone()) break;
    }
    co_await leave(connection, items);
    co_return *interrupted ? exit_code::interrupted : code;
}

}  // namespace mote::command
