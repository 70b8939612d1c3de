package intake

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// answerTo is what a broker sends: the body behind a header with the given tagged fields.
func answerTo(id int32, tags, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(4+len(tags)+len(body)))
	b = binary.BigEndian.AppendUint32(b, uint32(id))
	return append(append(b, tags...), body...)
}

type pipe struct {
	io.Reader
	written bytes.Buffer
}

func (p *pipe) Write(b []byte) (int, error) { return p.written.Write(b) }

func metadataExchange(limit int) (*exchange, []byte) {
	req := kmsg.NewPtrMetadataRequest()
	req.SetVersion(12)
	resp := req.ResponseKind().(*kmsg.MetadataResponse)
	resp.ControllerID = 7
	return newExchange(req, 42, "me", limit), resp.AppendTo(nil)
}

func TestRawExchange(t *testing.T) {
	t.Parallel()
	for name, tags := range map[string][]byte{
		"no tagged fields":  {0},
		"two tagged fields": {2, 0, 3, 1, 2, 3, 0x80, 1, 1, 9},
	} {
		e, body := metadataExchange(1000)
		conn := &pipe{Reader: bytes.NewReader(answerTo(42, tags, body))}
		if _, err := e.RawExchange(conn); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := e.resp.(*kmsg.MetadataResponse); got.ControllerID != 7 || got.Version != 12 {
			t.Errorf("%s: got %+v", name, got)
		}
		if sent := conn.written.Bytes(); !bytes.Equal(sent, e.frame) || !bytes.Contains(sent, []byte("me")) {
			t.Errorf("%s: sent %x", name, sent)
		}
		if e.size != 4+len(tags)+len(body) {
			t.Errorf("%s: size %d", name, e.size)
		}
	}
}

// Whatever cannot be the answer is an error, upon which the Transport closes the connection.
func TestRawExchangeErrors(t *testing.T) {
	t.Parallel()
	_, body := metadataExchange(0)
	whole := answerTo(42, []byte{0}, body)
	for name, c := range map[string]struct {
		wire []byte
		text string
	}{
		"nothing":        {nil, "EOF"},
		"half a header":  {whole[:6], "EOF"},
		"cut short":      {whole[:len(whole)-1], "EOF"},
		"another answer": {answerTo(41, []byte{0}, body), "request 41 came to request 42"},
		"too large":      {answerTo(42, []byte{0}, make([]byte, 2000)), "at most 1000"},
		"too small":      {[]byte{0, 0, 0, 3, 0, 0, 0, 42}, "3 bytes"},
		"negative size":  {[]byte{0xff, 0, 0, 0, 0, 0, 0, 42}, "bytes"},
		"bad tags":       {answerTo(42, []byte{1, 0, 0x7f}, nil), "EOF"},
		"endless tag":    {answerTo(42, bytes.Repeat([]byte{0xff}, 11), nil), "EOF"},
		"short body":     {answerTo(42, []byte{0}, body[:5]), "decode"},
	} {
		e, _ := metadataExchange(1000)
		_, err := e.RawExchange(&pipe{Reader: bytes.NewReader(c.wire)})
		if err == nil || !strings.Contains(err.Error(), c.text) || errors.Is(err, protocol.ErrNoRecord) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBrokerOfAnExchange(t *testing.T) {
	t.Parallel()
	e := brokerExchange{node: 3}
	cluster := protocol.Cluster{Brokers: map[int32]protocol.Broker{3: {ID: 3, Port: 9092}}}
	if b, err := e.Broker(cluster); err != nil || b.Port != 9092 {
		t.Errorf("got %+v, %v", b, err)
	}
	if _, err := e.Broker(protocol.Cluster{}); !errors.Is(err, errUnknownBroker) {
		t.Errorf("got %v", err)
	}
}

// A peer that falls silent is given up, with and without a deadline of the user's.
func TestConnectionsHaveDeadlines(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	defer func() { _, _ = near.Close(), far.Close() }()
	conn := &boundedConn{Conn: near, timeout: time.Millisecond}
	b := make([]byte, 1)
	if _, err := conn.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: %v", err)
	}
	if _, err := conn.Write(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("write: %v", err)
	}
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, func() { _, _ = far.Write([]byte{9}) })
	if _, err := conn.Read(b); err != nil || b[0] != 9 {
		t.Errorf("with the user's own deadline: %v, %v", b, err)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read after the user's deadline was lifted: %v", err)
	}
}
