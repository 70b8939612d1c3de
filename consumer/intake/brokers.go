package intake

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// Broker is a node of the cluster.
type Broker struct {
	ID      int32
	Address string // host:port, as the broker tells clients
}

// Brokers asks once, whichever configured broker answers first, for those of the cluster.
func (c *Cluster) Brokers(ctx context.Context) ([]Broker, error) {
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = []kmsg.MetadataRequestTopic{}
	resp, err := ask[*kmsg.MetadataResponse](ctx, c, anyBroker, req)
	if err != nil {
		return nil, err
	}
	brokers := make([]Broker, len(resp.Brokers))
	for i, b := range resp.Brokers {
		brokers[i] = Broker{ID: b.NodeID, Address: net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port)))}
	}
	slices.SortFunc(brokers, func(a, b Broker) int { return cmp.Compare(a.ID, b.ID) })
	return brokers, nil
}

// CheckVersions asks a broker once, at the address that it tells clients, whether it speaks all that
// this package needs, and returns the release of Kafka that it seems to be. The error is of the
// connection, or an *UnsupportedVersionError for each request that it does not speak.
func (c *Cluster) CheckVersions(ctx context.Context, broker int32) (release string, err error) {
	req := kmsg.NewPtrApiVersionsRequest()
	req.SetVersion(0)
	done, err := c.roundTrip(ctx, broker, req)
	if err != nil {
		return "", err
	}
	resp := done.resp.(*kmsg.ApiVersionsResponse)
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return "", err
	}
	offer := offered(resp)
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(spoken)) {
		if _, err := common(broker, key, offer, maxVersion); err != nil {
			errs = append(errs, err)
		}
	}
	return kversion.FromApiVersionsResponse(resp).VersionGuess(), errors.Join(errs...)
}
