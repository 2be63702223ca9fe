#include <mote/micro/detail/letter_reader.hpp>
#include <mote/micro/detail/sendable.hpp>

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace mote::micro::detail {
namespace {

TEST(letter_reader, keeps_of_its_headers_what_its_publisher_wrote_for_the_receiver) {
    const std::string block =
        "NATS/1.0\r\nX-Kept: one\r\nNats-Msg-Id: WORK:7\r\nNats-Expected-Stream: WORK\r\nNats-Expected-Last-Sequence: "
        "6\r\n"
        "Nats-Rollup: sub\r\nMote-Dead-Reason: why\r\nMote-Dead-New: a later version's\r\nNats-Subject: "
        "mote.dead.a.b\r\n"
        "Nats-Sequence: 1\r\nNats-Stream: mote_dead\r\nNats-Time-Stamp: x\r\nBad Name: y\r\ntraceparent: "
        "00-1-2-01\r\n\r\n";
    nats::message_view view;
    view.headers = nats::headers_view(block);
    jetstream::stored_message stored;
    stored.message = nats::message(view);
    stored.subject = "mote.dead.a.b";
    EXPECT_EQ(read_letter(stored).headers.lines(), "X-Kept: one\r\ntraceparent: 00-1-2-01\r\n");
}

TEST(sendable, is_all_but_names_that_nobody_may_send) {
    const std::string block = "NATS/1.0\r\nA: 1\r\nBad Name: y\r\n\xff: z\r\nA: 2\r\n\r\n";
    EXPECT_EQ(sendable(nats::headers_view(block)).lines(), "A: 1\r\nA: 2\r\n");
}

}  // namespace
}  // namespace mote::micro::detail
