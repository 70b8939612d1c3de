package intake

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// versionRange is a closed range of versions of one request.
type versionRange struct{ min, max int16 }

// spoken are the versions this package writes and reads. Fetch starts where the epoch of the last
// record read can be sent (v12, KIP-595) and knows topic ids from v13 (KIP-516); OffsetFetch is the
// last of one group a request that can wait for stable offsets (KIP-447).
var spoken = map[int16]versionRange{
	kmsg.Fetch.Int16():           {12, 16},
	kmsg.ListOffsets.Int16():     {4, 7},
	kmsg.Metadata.Int16():        {7, 12},
	kmsg.OffsetCommit.Int16():    {2, 8},
	kmsg.OffsetFetch.Int16():     {7, 7},
	kmsg.FindCoordinator.Int16(): {1, 3},
	kmsg.DescribeGroups.Int16():  {1, 5},
}

// versions remembers what each broker offers, by node id.
type versions struct {
	mu     sync.Mutex
	offers map[int32]map[int16]versionRange
}

func (v *versions) get(node int32) map[int16]versionRange {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.offers[node]
}

func (v *versions) put(node int32, offer map[int16]versionRange) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.offers == nil {
		v.offers = make(map[int32]map[int16]versionRange)
	}
	v.offers[node] = offer
}

// forget makes the next request ask the broker again: it may come back with another version.
func (v *versions) forget(node int32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.offers, node)
}

// setVersion gives req the highest version that both sides speak, and none above most.
func (c *Cluster) setVersion(ctx context.Context, node int32, req kmsg.Request, most int16) error {
	offer := c.versions.get(node)
	if offer == nil {
		var err error
		if offer, err = c.askVersions(ctx, node); err != nil {
			return err
		}
		c.versions.put(node, offer)
	}
	version, err := common(node, req.Key(), offer, most)
	if err == nil {
		req.SetVersion(version)
	}
	return err
}

// common is the highest version of a request that both sides speak, and none above most.
func common(node int32, key int16, offer map[int16]versionRange, most int16) (int16, error) {
	want := spoken[key]
	got, ok := offer[key]
	version := min(want.max, got.max, most)
	if !ok || version < max(want.min, got.min) {
		return 0, &UnsupportedVersionError{
			Request: kmsg.NameForKey(key), Broker: node, NotOffered: !ok,
			BrokerMin: got.min, BrokerMax: got.max, Min: want.min, Max: want.max,
		}
	}
	return version, nil
}

// askVersions asks in version 0, which every broker answers.
func (c *Cluster) askVersions(ctx context.Context, node int32) (map[int16]versionRange, error) {
	req := kmsg.NewPtrApiVersionsRequest()
	req.SetVersion(0)
	done, err := c.roundTrip(ctx, node, req)
	if err != nil {
		return nil, err
	}
	resp := done.resp.(*kmsg.ApiVersionsResponse)
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return nil, err
	}
	return offered(resp), nil
}

func offered(resp *kmsg.ApiVersionsResponse) map[int16]versionRange {
	offer := make(map[int16]versionRange, len(resp.ApiKeys))
	for _, key := range resp.ApiKeys {
		offer[key.ApiKey] = versionRange{key.MinVersion, key.MaxVersion}
	}
	return offer
}
