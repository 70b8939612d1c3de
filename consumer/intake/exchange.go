package intake

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// exchange carries one kmsg request and its answer over a connection that kafka-go's Transport opened
// and owns: the Transport takes it for one of its own messages and, as it is a RawExchanger, lets it
// write and read the connection itself. After an error the Transport closes that connection, so bytes
// of an answer that was cut short or misread are never taken for the next one's.
type exchange struct {
	id    int32  // correlation id
	frame []byte // the request as it goes out
	limit int    // largest answer to read, bytes
	resp  kmsg.Response
	size  int // bytes of the answer
}

// brokerExchange is an exchange with one certain broker; a plain one goes to any configured broker.
type brokerExchange struct {
	*exchange
	node int32
}

var (
	_ protocol.RawExchanger  = (*exchange)(nil)
	_ protocol.BrokerMessage = brokerExchange{}

	errUnknownBroker = errors.New("the broker is not, or not yet, part of the cluster")
)

func newExchange(req kmsg.Request, id int32, clientID string, limit int) *exchange {
	format := kmsg.NewRequestFormatter(kmsg.FormatterClientID(clientID))
	resp := req.ResponseKind()
	resp.SetVersion(req.GetVersion())
	return &exchange{id: id, frame: format.AppendRequest(nil, req, id), limit: limit, resp: resp}
}

// ApiKey implements protocol.Message.
func (e *exchange) ApiKey() protocol.ApiKey { return protocol.ApiKey(e.resp.Key()) }

// Required implements protocol.RawExchanger.
func (*exchange) Required(map[protocol.ApiKey]int16) bool { return true }

// Broker implements protocol.BrokerMessage. The Transport can reach only brokers of its own picture
// of the cluster, which may be older than the caller's.
func (e brokerExchange) Broker(cluster protocol.Cluster) (protocol.Broker, error) {
	broker, ok := cluster.Brokers[e.node]
	if !ok {
		return protocol.Broker{}, errUnknownBroker
	}
	return broker, nil
}

// RawExchange implements protocol.RawExchanger.
func (e *exchange) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	if _, err := rw.Write(e.frame); err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	body, err := e.read(rw)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if err := e.resp.ReadFrom(body); err != nil {
		return nil, fmt.Errorf("decode the answer of %d bytes: %w", e.size, err)
	}
	return e, nil
}

// read returns the answer without its header.
func (e *exchange) read(r io.Reader) ([]byte, error) {
	var head [8]byte // size and correlation id
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := int(int32(binary.BigEndian.Uint32(head[:4]))) //nolint:gosec // the protocol's sizes are signed
	if size < 4 || size > e.limit {
		return nil, fmt.Errorf("an answer of %d bytes (at most %d are read)", size, e.limit)
	}
	if id := int32(binary.BigEndian.Uint32(head[4:])); id != e.id { //nolint:gosec // a bit pattern
		return nil, fmt.Errorf("an answer to request %d came to request %d", id, e.id)
	}
	e.size = size
	body := make([]byte, size-4)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	if e.resp.IsFlexible() {
		return skipTags(body)
	}
	return body, nil
}

// skipTags drops the tagged fields of a flexible header (KIP-482).
func skipTags(b []byte) ([]byte, error) {
	count, b, err := uvarint(b)
	for ; err == nil && count > 0; count-- {
		var size uint64
		if _, b, err = uvarint(b); err != nil {
			break
		}
		if size, b, err = uvarint(b); err != nil {
			break
		}
		if size > uint64(len(b)) {
			return nil, io.ErrUnexpectedEOF
		}
		b = b[size:]
	}
	return b, err
}

func uvarint(b []byte) (uint64, []byte, error) {
	v, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return v, b[n:], nil
}
